"""Write assets/torchvision-weights.json: what torchvision's metadata say about its weights.

The window shows the figures without importing torch; a test compares the file with the metadata.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torchvision
from torchvision.models import get_model_weights

NETWORKS = {
    "alexnet": "AlexNet",
    "vgg16": "VGG-16",
    "vgg16_bn": "VGG-16 BN",
    "vgg19": "VGG-19",
    "vgg19_bn": "VGG-19 BN",
    "googlenet": "GoogLeNet",
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "resnet101": "ResNet-101",
    "resnet152": "ResNet-152",
    "resnext50_32x4d": "ResNeXt-50 32×4d",
    "resnext101_32x8d": "ResNeXt-101 32×8d",
    "resnext101_64x4d": "ResNeXt-101 64×4d",
    "wide_resnet50_2": "Wide ResNet-50-2",
    "wide_resnet101_2": "Wide ResNet-101-2",
}
"""torchvision's names, and those to show."""
DOWNSTREAM = {
    "fcn_resnet50": "FCN-ResNet-50",
    "deeplabv3_resnet50": "DeepLabV3-ResNet-50",
    "fasterrcnn_resnet50_fpn": "Faster R-CNN",
    "maskrcnn_resnet50_fpn": "Mask R-CNN",
}
"""The same of models with a backbone that answer with more than a class."""
TARGET = Path(__file__).parent.parent / "assets" / "torchvision-weights.json"


def rows() -> list[dict[str, object]]:
    """One row for every set of weights that classifies ImageNet's 1,000 classes."""
    made = []
    for network, title in NETWORKS.items():
        for weights in get_model_weights(network):
            measured = weights.meta["_metrics"]["ImageNet-1K"]
            if math.isnan(measured["acc@1"]):  # features only, without a classifier
                continue
            made.append(
                {
                    "network": network,
                    "title": title,
                    "weights": weights.name,
                    "parameters": weights.meta["num_params"],
                    "top1": measured["acc@1"],
                    "top5": measured["acc@5"],
                    "gflops": weights.meta["_ops"],
                    "new_recipe": "new training recipe" in " ".join(weights.meta["_docs"].split()),
                    "recipe": weights.meta["recipe"],
                    "file": weights.url.rpartition("/")[2],
                    "megabytes": weights.meta["_file_size"],
                }
            )
    return made


def downstream_rows() -> list[dict[str, object]]:
    """One row for each model of `DOWNSTREAM`, with the weights that torchvision takes by default.

    What was measured is a mean IoU for segmentation, and COCO's mean average precision of boxes
    and of masks for detection, in percent.
    """
    made = []
    for network, title in DOWNSTREAM.items():
        weights = get_model_weights(network).DEFAULT
        (measured,) = weights.meta["_metrics"].values()
        words = {"miou": "mean IoU", "box_map": "box AP", "mask_map": "mask AP"}
        made.append(
            {
                "network": network,
                "title": title,
                "weights": weights.name,
                "parameters": weights.meta["num_params"],
                "measured": [[words[k], measured[k]] for k in words if k in measured],
                "file": weights.url.rpartition("/")[2],
                "megabytes": weights.meta["_file_size"],
            }
        )
    return made


if __name__ == "__main__":
    made = rows()
    table = {
        "source": f"the weights' metadata of torchvision {torchvision.__version__.split('+')[0]}",
        "link": "https://pytorch.org/vision/stable/models.html#classification",
        "rows": made,
        "downstream": downstream_rows(),
    }
    TARGET.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(made)} sets of weights in {TARGET.name}")
