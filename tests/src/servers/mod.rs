//! Database servers for tests: started from the distribution's packages, thrown away afterwards.
//!
//! One server for each test process, on the loopback interface and a port of its own. It ends with the process,
//! however that ends.

pub mod mariadb;
mod package;
pub mod postgres;
mod supervisor;
