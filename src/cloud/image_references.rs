//! What EC2 itself knows to name an image: `DescribeImageReferences`, which answers for instances, launch
//! templates, parameters and Image Builder's recipes, and knows nothing of Beanstalk.

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::CloudError;
use crate::model::ids::ImageId;

const DESCRIBE_REFERENCES: Operation = Operation::read("ec2:DescribeImageReferences");

impl Cloud {
    /// The ARNs of what names an image.
    ///
    /// # Errors
    /// Any kind; `Denied` also where one of the services that EC2 asks may not be read.
    pub async fn listed_references(&self, id: &ImageId) -> Result<Vec<String>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .ec2(DESCRIBE_REFERENCES)
                .describe_image_references()
                .image_ids(id.as_str())
                .include_all_resource_types(true)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_REFERENCES, id, request).await?;
            let said = page.image_references().iter();
            let of_it = said.filter(|one| one.image_id() == Some(id.as_str()));
            found.extend(of_it.filter_map(|one| one.arn().map(str::to_owned)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                found.sort();
                found.dedup();
                return Ok(found);
            }
        }
        Err(self.endless(DESCRIBE_REFERENCES, id.as_str()))
    }
}
