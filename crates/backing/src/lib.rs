//! Opens and reads backing files for musefs.
