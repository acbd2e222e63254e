//! `DefaultAmiList` of DescribePlatformVersion: the default image for every architecture.
//!
//! AWS has answered with it since November 2026; the SDK crate that we build with does not know it
//! and drops it. So an interceptor keeps the response's body, and the list is read from there.
//! Whether every region has it is not known: without it the list is simply empty.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use roxmltree::{Document, Node};

use crate::model::ids::{Architecture, ImageId};

/// Keeps the body of the last successful answer. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct KeepBody(Arc<Mutex<Vec<u8>>>);

impl KeepBody {
    /// The default images in the kept body.
    pub(super) fn default_amis(&self) -> Vec<(Architecture, ImageId)> {
        // The body is replaced in one go, so a panic elsewhere leaves it whole.
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        default_amis(&String::from_utf8_lossy(&body))
    }

    /// The kept body.
    pub(super) fn body(&self) -> Vec<u8> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.clone()
    }
}

#[dyn_dispatch_hint]
impl Intercept for KeepBody {
    fn name(&self) -> &'static str {
        "amiwatch::KeepBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if let (true, Some(body)) = (response.status().is_success(), response.body().bytes()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
        }
        Ok(())
    }
}

/// Reads `DefaultAmiList`; one image per architecture, ones that we do not know left out.
fn default_amis(body: &str) -> Vec<(Architecture, ImageId)> {
    let Ok(document) = Document::parse(body) else {
        return Vec::new();
    };
    let mut amis: Vec<(Architecture, ImageId)> = Vec::new();
    let list = document
        .descendants()
        .find(|node| node.has_tag_name_in_any_namespace("DefaultAmiList"));
    for member in list.iter().flat_map(Node::children) {
        let architecture = text_of(member, "Architecture").and_then(|text| text.parse().ok());
        let image = text_of(member, "ImageId").map(ImageId::from);
        if let (Some(architecture), Some(image)) = (architecture, image)
            && !amis.iter().any(|(of, _)| *of == architecture)
        {
            amis.push((architecture, image));
        }
    }
    amis
}

fn text_of<'a>(member: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let child = member
        .children()
        .find(|node| node.has_tag_name_in_any_namespace(name))?;
    child.text().map(str::trim).filter(|text| !text.is_empty())
}

/// Responses carry a default namespace that differs by API version.
trait LocalName {
    fn has_tag_name_in_any_namespace(&self, name: &str) -> bool;
}

impl LocalName for Node<'_, '_> {
    fn has_tag_name_in_any_namespace(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(amis: &str) -> String {
        format!(
            r#"<DescribePlatformVersionResponse xmlns="http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/">
  <DescribePlatformVersionResult><PlatformDescription>
    <CustomAmiList>
      <member><VirtualizationType>pv</VirtualizationType><ImageId/></member>
      <member><VirtualizationType>hvm</VirtualizationType><ImageId>ami-0hvm</ImageId></member>
    </CustomAmiList>{amis}
  </PlatformDescription></DescribePlatformVersionResult>
</DescribePlatformVersionResponse>"#
        )
    }

    #[test]
    fn the_list_is_read_where_it_is_there() {
        let body = response(
            "<DefaultAmiList>
               <member><Architecture>arm64</Architecture><ImageId>ami-0arm</ImageId></member>
               <member><ImageId> ami-0x86 </ImageId><Architecture>x86_64</Architecture></member>
               <member><Architecture>riscv64</Architecture><ImageId>ami-0r</ImageId></member>
               <member><Architecture>x86_64</Architecture><ImageId>ami-0second</ImageId></member>
             </DefaultAmiList>",
        );
        let expected = [
            (Architecture::Arm64, ImageId::from("ami-0arm")),
            (Architecture::X86_64, ImageId::from("ami-0x86")),
        ];
        assert_eq!(default_amis(&body), expected);
    }

    proptest::proptest! {
        /// A body is whatever a proxy answers: read without a crash, and only what is in the list.
        #[test]
        fn any_body_is_read(text in proptest::prelude::any::<String>(), put in "[<>/A-Za-z&;#\\[\\]! \"=:-]{0,60}") {
            proptest::prop_assert_eq!(default_amis(&text), []);
            let member = "<member><Architecture>arm64</Architecture><ImageId>ami-1</ImageId></member>";
            let body = response(&format!("<DefaultAmiList>{put}{member}</DefaultAmiList>"));
            for (_, image) in default_amis(&body) {
                proptest::prop_assert!(!image.as_str().is_empty());
            }
        }
    }

    /// Elements within elements, entities that name themselves: an empty answer, no crash.
    #[test]
    fn a_body_that_means_harm_is_empty() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(default_amis(&deep), []);
        let laughs = (1..12).map(|n| {
            let inner = format!("&l{};", n - 1).repeat(10);
            format!("<!ENTITY l{n} \"{inner}\">")
        });
        let laughs: String = laughs.collect();
        let bomb = format!(
            "<!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]><DefaultAmiList><member>\
             <Architecture>arm64</Architecture><ImageId>&l11;</ImageId></member></DefaultAmiList>"
        );
        assert_eq!(default_amis(&bomb), []);
    }

    #[test]
    fn without_the_list_nothing_is_made_up() {
        let empty_entry = "<DefaultAmiList><member><Architecture>arm64</Architecture><ImageId/>\
                           </member></DefaultAmiList>";
        for body in [
            response(""),
            response("<DefaultAmiList/>"),
            response(empty_entry),
            String::new(),
            "not XML".to_owned(),
        ] {
            assert_eq!(default_amis(&body), [], "{body}");
        }
    }
}
