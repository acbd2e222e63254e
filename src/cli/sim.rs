//! `sim serve`
pub(super) async fn run(_: &super::args::Sim) -> anyhow::Result<crate::flow::verdict::Exit> { Ok(crate::flow::verdict::Exit::Done) }
