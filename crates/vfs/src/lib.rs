//! The file system of musefs: look-up, attributes, listing, open, read and refresh, composed of the catalog, the tree, the
//! template, the caches, read-ahead, the backing files and the formats through their traits.
//!
//! **Must never know** FUSE (it speaks [`FileSystem`](musefs_contracts::filesystem::FileSystem) in the project's own types),
//! SQL, what a container looks like inside, or where the threads that call it come from. It is driven in tests without a
//! mount.
//!
//! State is one immutable view (`view`): the tree and forty bytes a track (`track_table`). Requests load it without a
//! lock. A refresh (`refresh`) makes the next view from what changed in the store, puts it in place of the last one, and
//! only then tells the kernel what to forget (`pending`), from a thread that serves no request. A request that meets
//! something newer than the view, a file changed under the mount or an edit the refresh has not seen yet, moves that one
//! track ahead by itself (`advance`) and leaves telling the kernel to the refresher. What is made of a whole directory, a cover,
//! stands beside the tree (`made`).

mod advance;
mod attributes;
mod beside;
mod complaints;
mod directory;
mod document;
mod explain;
mod filesystem;
mod handle;
mod load;
mod made;
mod metrics;
mod open;
mod opens;
mod options;
mod patch;
mod pending;
mod placing;
mod plain_files;
mod primitives;
mod probe_on_demand;
mod read;
mod refresh;
mod refresher;
mod row;
mod shelving;
mod sizes;
mod splice;
mod sync;
mod track_table;
mod tree_diff;
mod vfs;
mod view;
mod work_ahead;

pub use explain::{Found, Standing};
pub use options::{Mode, VfsOptions, VfsParts};
pub use refresh::Refreshed;
pub use refresher::Refresher;
pub use vfs::Vfs;
