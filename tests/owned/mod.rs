//! Images that a watch has baked and that newer ones have taken the place of: what the ladder says of them while
//! others use them, held against what the account knows of their users.

mod bugs;
mod world;
