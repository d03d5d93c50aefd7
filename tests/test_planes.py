import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import moonlab as ml
from moonlab.lab.planes import WIDTH, plane, png

NETWORK = ml.Architecture((5,), engine="numpy")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(small_data):
    return ml.train(NETWORK, ml.Training(epochs=20), small_data, (1,))[0]


@pytest.fixture(scope="module")
def drawn(run, small_data):
    return plane(run.last_parameters, NETWORK, small_data)


def back_in_the_plane(places, X, drawn):
    """From the picture's units to the plane's, by the two points that lie farthest apart in x."""
    a, b = X[:, 0].argmin(), X[:, 0].argmax()
    scale = (X[b, 0] - X[a, 0]) / (drawn.places[b, 0] - drawn.places[a, 0])
    return X[a] + scale * (places - drawn.places[a]) * [1, -1]


def test_places_keep_the_shape_of_the_points(drawn, small_data):
    X = small_data.X_train
    assert_allclose(back_in_the_plane(drawn.places, X, drawn), X, atol=1e-9)
    assert 0 < drawn.places.min() <= drawn.places[:, 0].max() < WIDTH


def test_every_point_is_a_dot_or_if_wrong_a_cross_in_its_class_color(drawn, run, small_data):
    groups = ET.fromstring(drawn.svg).findall(f"{SVG}g")
    assert [group.get("fill") for group in groups] == ["#0072B2", "#E69F00"]
    said = run.predict_proba(small_data.X_train) > 0.5
    for label, group in enumerate(groups):
        mine = small_data.y_train == label
        wrong = mine & (said != (label == 1))
        assert len(group.findall(f"{SVG}path")) == wrong.sum()
        dots = [(float(c.get("cx")), float(c.get("cy"))) for c in group.findall(f"{SVG}circle")]
        assert_allclose(dots, drawn.places[mine & ~wrong], atol=0.051)


def test_boundary_lies_where_the_probability_is_one_half(drawn, run, small_data):
    line = ET.fromstring(drawn.svg).find(f"{SVG}path").get("d")
    ends = np.array(re.findall(r"[\d.-]+", line), float).reshape(-1, 2)
    assert len(ends) >= 4
    points = back_in_the_plane(ends, small_data.X_train, drawn)
    assert_allclose(run.predict_proba(points), 0.5, atol=0.01)  # a tenth of a unit is 0.001


def test_tint_is_the_more_probable_class_as_strong_as_it_is_sure(drawn, run, small_data):
    root = ET.fromstring(drawn.svg)
    image = root.find(f"{SVG}image")
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(image.get("href").split(",")[1]))))
    height, width, _ = pixels.shape
    size = np.array([WIDTH, float(root.get("viewBox").split()[3])])
    middles = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2) + 0.5
    places = middles / [width, height] * size
    p = run.predict_proba(back_in_the_plane(places, small_data.X_train, drawn))
    flat = pixels.reshape(-1, 4)
    blue = (flat[:, :3] == [0x00, 0x72, 0xB2]).all(axis=1)
    orange = (flat[:, :3] == [0xE6, 0x9F, 0x00]).all(axis=1)
    sure = np.abs(p - 0.5) > 0.02
    assert_array_equal(blue[sure], (p < 0.5)[sure])
    assert_array_equal(orange[sure], (p > 0.5)[sure])
    assert_allclose(flat[:, 3] / 255, 0.6 * np.abs(2 * p - 1), atol=0.02)


def test_another_activation_is_refused(small_data):
    with pytest.raises(ml.SpecError, match="activation"):
        plane(np.zeros(21), ml.Architecture((5,), "tanh"), small_data)


def test_png_holds_the_very_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4)).astype(np.uint8)
    assert_array_equal(np.array(Image.open(io.BytesIO(png(pixels)))), pixels)
