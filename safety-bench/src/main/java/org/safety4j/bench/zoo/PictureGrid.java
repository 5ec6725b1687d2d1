package org.safety4j.bench.zoo;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** Square pictures in rows, with room below each. */
final class PictureGrid {
  private static final int LABEL = 240;
  private static final int GAP = 2;
  private static final int PAPER = 0xf7f7f5;

  private final int columns;
  private final int side;
  private final int zoom;
  private final int below;
  private final BufferedImage image;

  PictureGrid(int columns, int rows, int side, int zoom) {
    this(columns, rows, side, zoom, 0);
  }

  PictureGrid(int columns, int rows, int side, int zoom, int below) {
    this.columns = columns;
    this.side = side;
    this.zoom = zoom;
    this.below = below;
    int step = side * zoom + GAP;
    this.image =
        new BufferedImage(columns * step, rows * (step + below), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, PAPER);
      }
    }
  }

  BufferedImage image() {
    return image;
  }

  int left(int place) {
    return place % columns * (side * zoom + GAP);
  }

  int top(int place) {
    return place / columns * (side * zoom + GAP + below);
  }

  /** The pictures with a text before every row. */
  BufferedImage labelled(List<String> texts) {
    BufferedImage sheet =
        new BufferedImage(LABEL + image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setColor(new Color(PAPER));
    pen.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    pen.drawImage(image, LABEL, 0, null);
    pen.setColor(Color.BLACK);
    pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    int step = side * zoom + GAP;
    for (int row = 0; row < texts.size(); row++) {
      pen.drawString(texts.get(row), GAP, row * step + Math.floorDiv(step, 2));
    }
    pen.dispose();
    return sheet;
  }

  /** Draws a line around a picture. */
  void frame(int place, Color colour) {
    Graphics2D pen = image.createGraphics();
    pen.setColor(colour);
    int length = side * zoom;
    for (int inset = 0; inset < GAP; inset++) {
      int size = length - 1 - 2 * inset;
      pen.drawRect(left(place) + inset, top(place) + inset, size, size);
    }
    pen.dispose();
  }

  void put(int place, float[][] planes) {
    int left = left(place);
    int top = top(place);
    for (int y = 0; y < side * zoom; y++) {
      for (int x = 0; x < side * zoom; x++) {
        int rgb = 0;
        for (float[] plane : planes) {
          float value = plane[y / zoom * side + x / zoom];
          rgb = rgb << 8 | Math.round(255 * Math.min(1, Math.max(0, value)));
        }
        image.setRGB(left + x, top + y, rgb);
      }
    }
  }
}
