//! The store of a user who names none.

use crate::cli::StoreArgs;
use crate::errors::Failure;
use std::path::PathBuf;

/// Where it is; `None` for a user without a home.
pub(crate) fn usual_store() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))?;
    Some(data.join("musefs/library.db"))
}

impl StoreArgs {
    /// The store that is meant. Nothing is made.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        let named = self.db.clone().or_else(usual_store);
        named.ok_or_else(|| Failure::new("there is no home folder for the store; name one with --db"))
    }

    /// The template of the tree that is meant where none is named: a store that nobody named is shown as `musefs up` does.
    pub(crate) fn usual_template(&self) -> &'static str {
        if self.db.is_some() { musefs_template::DEFAULT_MOUNT } else { musefs_template::DEFAULT_UP }
    }

    /// The store that is meant, with a folder for it in the user's data folder.
    pub(crate) fn path_to_make(&self) -> Result<PathBuf, Failure> {
        let path = self.path()?;
        if self.db.is_none()
            && let Some(folder) = path.parent()
        {
            let failed = |error| Failure::new(format!("{}: {error}; name another store with --db", folder.display()));
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        Ok(path)
    }
}
