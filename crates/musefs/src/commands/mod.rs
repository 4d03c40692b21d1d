//! The commands, one a module.

pub(crate) mod art;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod ls;
pub(crate) mod mount;
pub(crate) mod query;
pub(crate) mod revalidate;
pub(crate) mod revert;
pub(crate) mod scan;
pub(crate) mod status;
pub(crate) mod tag;
pub(crate) mod undo;
pub(crate) mod up;
pub(crate) mod why;
