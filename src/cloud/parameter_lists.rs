//! The account's own SSM parameters that hold an image, by their data type. A parameter of plain text that
//! happens to hold an image's id is none of them: nothing tells it from any other text.

use aws_sdk_ssm::types::ParameterStringFilter;

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::parameters::Parameter;
use super::tagging::our_time;

const DESCRIBE_PARAMETERS: Operation = Operation::read("ssm:DescribeParameters");
const GET_PARAMETERS: Operation = Operation::read("ssm:GetParameters");

const NAMES_PER_PAGE: i32 = 50;
/// SSM takes no more at once.
const VALUES_PER_CALL: usize = 10;
const IMAGE_TYPE: &str = "aws:ec2:image";

impl Cloud {
    /// The names of the parameters whose data type is an image.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn image_parameter_names(&self) -> Result<Vec<String>, CloudError> {
        let resource = "parameters that hold images";
        let mut names = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let of_images = ParameterStringFilter::builder()
                .key("DataType")
                .option("Equals")
                .values(IMAGE_TYPE)
                .build()
                .map_err(|error| {
                    let message = error.to_string();
                    self.fault(DESCRIBE_PARAMETERS, resource, ErrorKind::Invalid, message)
                })?;
            let request = self
                .ssm(DESCRIBE_PARAMETERS)
                .describe_parameters()
                .parameter_filters(of_images)
                .max_results(NAMES_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_PARAMETERS, resource, request).await?;
            let said = page.parameters().iter();
            names.extend(said.filter_map(|one| one.name().map(str::to_owned)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(names);
            }
        }
        Err(self.endless(DESCRIBE_PARAMETERS, resource))
    }

    /// The values of these parameters. One that is gone meanwhile is not in the answer.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn parameter_values(&self, names: &[String]) -> Result<Vec<Parameter>, CloudError> {
        let mut found = Vec::new();
        for batch in names.chunks(VALUES_PER_CALL) {
            let request = self
                .ssm(GET_PARAMETERS)
                .get_parameters()
                .set_names(Some(batch.to_vec()))
                .send();
            let resource = match batch {
                [one] => one.clone(),
                many => format!("{} parameters", many.len()),
            };
            let answer = self.call(GET_PARAMETERS, resource, request).await?;
            found.extend(answer.parameters().iter().map(|one| Parameter {
                name: one.name().unwrap_or_default().to_owned(),
                value: one.value().unwrap_or_default().to_owned(),
                version: one.version(),
                modified: one.last_modified_date().and_then(our_time),
            }));
        }
        Ok(found)
    }
}
