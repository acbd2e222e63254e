//! `sim serve`
