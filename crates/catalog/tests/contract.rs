//! The SQLite store does what every store must do; other programs are played by a plain connection.

mod external;
mod shared;

use external::SqliteSubject;

all_contract_tests!(SqliteSubject::new);
