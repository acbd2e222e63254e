//! What is shipped beside the binary works as it is.

mod recipes;
