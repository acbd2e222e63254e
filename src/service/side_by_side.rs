//! Looks at places taken side by side, a bounded number at once. Knows nothing of what a look is.

use std::future::Future;

use futures_util::StreamExt as _;
use futures_util::stream;

/// What every look gives, in their order. One that hangs takes its own turn and no other's: the next begins when any
/// has ended, whichever it is.
pub(crate) async fn look_side_by_side<T, F: Future<Output = T>>(
    looks: impl IntoIterator<Item = F>,
    at_once: usize,
) -> Vec<T> {
    let numbered = looks.into_iter().enumerate();
    let numbered = numbered.map(|(n, look)| async move { (n, look.await) });
    let looks = stream::iter(numbered).buffer_unordered(at_once);
    let mut looked: Vec<(usize, T)> = looks.collect().await;
    looked.sort_by_key(|(n, _)| *n);
    looked.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;
    use futures_util::future::LocalBoxFuture;
    use tokio::sync::oneshot;

    use super::*;

    /// The first ends when the last has: the others are begun all the same.
    #[test]
    fn one_that_hangs_holds_up_none_that_is_not_begun() {
        let (last_ended, hears) = oneshot::channel::<()>();
        let hangs = async { hears.await.map_or("lost", |()| "first") };
        let last = async {
            last_ended.send(()).unwrap();
            "last"
        };
        let looks: Vec<LocalBoxFuture<'_, &str>> = vec![
            hangs.boxed_local(),
            async { "second" }.boxed_local(),
            async { "third" }.boxed_local(),
            last.boxed_local(),
        ];
        let looked = look_side_by_side(looks, 2).now_or_never();
        assert_eq!(looked.unwrap(), ["first", "second", "third", "last"]);
    }

    #[tokio::test]
    async fn no_more_than_the_bound_are_under_way() {
        let (under_way, most) = (Cell::new(0), Cell::new(0));
        let look = || async {
            under_way.set(under_way.get() + 1);
            most.set(most.get().max(under_way.get()));
            tokio::task::yield_now().await;
            under_way.set(under_way.get() - 1);
        };
        look_side_by_side((0..20).map(|_| look()), 3).await;
        assert_eq!(most.get(), 3);
    }
}
