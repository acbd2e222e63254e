//! How a move ended, in a sentence: the same wherever one is told.

use crate::model::ids::ImageId;
use crate::service::desk::moved::MovedEnvironment;

/// The sentence.
pub(super) fn move_ended(moved: &MovedEnvironment) -> String {
    let environment = &moved.environment;
    let (Some(watch), why) = (&moved.watch, moved.why.as_deref()) else {
        let why = moved.why.as_deref().unwrap_or("no reason is known");
        return format!("{environment}: a move that was left cannot be gone on with: {why}");
    };
    let to = moved.to.as_ref();
    let to = to.map_or("its platform's own image", ImageId::as_str);
    match (why, moved.back) {
        (None, false) => format!("{watch}: {environment} runs {to}"),
        (None, true) => format!("{watch}: {environment} was taken back to {to}"),
        (Some(why), false) => format!("{watch}: {environment} was not moved to {to}: {why}"),
        (Some(why), true) => {
            format!("{watch}: {environment} could not be taken back to {to}: {why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(watch: Option<&str>, back: bool, why: Option<&str>) -> String {
        move_ended(&MovedEnvironment {
            watch: watch.map(str::to_owned),
            environment: "shop/shop-blue".to_owned(),
            back,
            to: Some("ami-1".into()),
            fault: None,
            why: why.map(str::to_owned),
        })
    }

    #[test]
    fn there_and_back_are_not_the_same_and_neither_is_failing() {
        let shop = Some("shop");
        assert_eq!(moved(shop, false, None), "shop: shop/shop-blue runs ami-1");
        assert_eq!(
            moved(shop, true, None),
            "shop: shop/shop-blue was taken back to ami-1"
        );
        assert_eq!(
            moved(shop, false, Some("it is ill")),
            "shop: shop/shop-blue was not moved to ami-1: it is ill"
        );
        assert_eq!(
            moved(shop, true, Some("it is ill")),
            "shop: shop/shop-blue could not be taken back to ami-1: it is ill"
        );
        assert_eq!(
            moved(None, false, Some("it cannot be read")),
            "shop/shop-blue: a move that was left cannot be gone on with: it cannot be read"
        );
    }
}
