//! What is shipped beside the binary works as it is, and the house keeps its shape.

mod circles;
mod commands;
mod cookbook;
mod granted;
mod imports;
mod layers;
mod moves;
mod names;
mod pictures;
mod policies;
mod prose;
mod recipes;
mod store;
