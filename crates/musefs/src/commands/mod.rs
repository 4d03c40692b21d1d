//! The commands, one a module.

pub(crate) mod inspect;
pub(crate) mod mount;
pub(crate) mod revalidate;
pub(crate) mod scan;
pub(crate) mod up;
