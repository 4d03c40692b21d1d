//! Fixtures, doubles and the reference model for the tests of musefs.
