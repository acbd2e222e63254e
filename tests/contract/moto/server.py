"""The moto server, made to say of an image what EC2 says and moto leaves out: SourceImageId.

moto keeps the instance that an image was made of, and which image that instance ran; EC2 answers with
both, and amiwatch takes nothing for its own that EC2's record does not bear out.
"""

import sys

from moto.ec2.models.amis import Ami
from moto.server import main


def source_image_id(image):
    instance = getattr(image, "instance", None)
    return instance.image_id if instance else None


if not hasattr(Ami, "source_image_id"):
    Ami.source_image_id = property(source_image_id)

if __name__ == "__main__":
    main(sys.argv[1:])
