package org.safety4j.bench.stats;

/**
 * One attacked image to look at, as small PNG pictures.
 *
 * @param image the image's number in the data
 * @param label its class
 * @param before the model's answer for the original
 * @param after the model's answer for the adversarial image
 * @param width the pictures' width in pixels
 * @param height the pictures' height in pixels
 * @param scale by how much the difference was amplified to fill the range of grey
 * @param clean the original, a PNG file
 * @param adversarial the adversarial image, a PNG file
 * @param difference the amplified difference around middle grey, a PNG file
 */
public record Example(
    int image,
    int label,
    int before,
    int after,
    int width,
    int height,
    double scale,
    byte[] clean,
    byte[] adversarial,
    byte[] difference) {}
