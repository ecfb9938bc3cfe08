// Names on the map. Each symbolizer says where a label goes; the painter drops those that would collide.

import { INK } from "./colours.js";

const { LineLabelSymbolizer, exp } = protomapsL;

export const FONTS = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", "Segoe UI", system-ui, sans-serif';

const HALO = "rgba(255,255,255,0.92)";

/**
 * Lines of text centred on a point. `lines(zoom, feature)` gives them; `shifts` are places to try, in pixels from the
 * point, until one is free; or a function of the zoom that gives them.
 */
export function centred(lines, { size, weight = 500, fill = INK, spacing = 0, shifts = [[0, 0]], halo = HALO, padding = 3 }) {
  return {
    place(layout, geom, feature) {
      const texts = lines(layout.zoom, feature).filter(Boolean);
      if (texts.length === 0) return undefined;
      const px = typeof size === "function" ? size(layout.zoom) : size;
      const font = `${weight} ${px}px ${FONTS}`;
      const height = px * 1.25;
      const ctx = layout.scratch;
      ctx.font = font;
      ctx.letterSpacing = `${spacing}px`;
      const width = Math.max(...texts.map((text) => ctx.measureText(text).width));
      ctx.letterSpacing = "0px";
      const at = geom[0][0];
      const tall = height * texts.length;
      const around = ([dx, dy]) => ({
        minX: at.x + dx - width / 2 - padding, maxX: at.x + dx + width / 2 + padding,
        minY: at.y + dy - tall / 2 - padding, maxY: at.y + dy + tall / 2 + padding,
      });
      const isFree = (shift) => !layout.index.bboxCollides(around(shift), Infinity);
      const places = typeof shifts === "function" ? shifts(layout.zoom) : shifts;
      const shift = places.find(isFree) ?? places[0];
      const top = shift[1] - tall / 2;
      const draw = (target) => {
        target.globalAlpha = 1;
        target.font = font;
        target.letterSpacing = `${spacing}px`;
        target.textAlign = "center";
        target.textBaseline = "middle";
        target.lineJoin = "round";
        target.lineWidth = 3;
        target.strokeStyle = halo;
        target.fillStyle = fill;
        texts.forEach((text, i) => {
          const y = top + height * (i + 0.5);
          target.strokeText(text, shift[0], y);
          target.fillText(text, shift[0], y);
        });
        target.textAlign = "start";
        target.textBaseline = "alphabetic";
        target.letterSpacing = "0px";
      };
      return [{ anchor: at, bboxes: [around(shift)], draw }];
    },
  };
}

/** Places to try around a point, nearest first; from afar a name must not leave its area. */
const NEAR = [[0, 0], [0, -18], [0, 18]];
const AROUND = [...NEAR, [-50, 0], [50, 0], [0, -48], [0, 48], [-60, -36], [60, -36], [-60, 36], [60, 36]];

export function areaName(language) {
  const name = (_, feature) => [language === "en" && feature.props.name_en ? feature.props.name_en : feature.props.name];
  return centred(name, { size: exp(1, language === "zh" ? [[10, 11], [14, 14], [16, 16]] : [[10, 10], [14, 12], [16, 14]]), weight: 700, fill: "#3a3550", spacing: language === "zh" ? 3 : 0.5, shifts: (zoom) => (zoom < 15 ? NEAR : AROUND) });
}

export function landName() {
  const colours = { water: "#3b6f87", green: "#4b6a33" };
  const symbolizers = new Map();
  return {
    place(layout, geom, feature) {
      const fill = colours[feature.props.kind] ?? "#6b6252";
      if (!symbolizers.has(fill)) symbolizers.set(fill, centred((_, f) => [f.props.name], { size: 11, weight: 400, fill }));
      return symbolizers.get(fill).place(layout, geom, feature);
    },
  };
}

export function streetName() {
  return new LineLabelSymbolizer({
    labelProps: ["name"], fontFamily: FONTS, fontSize: 12, fontWeight: 500, fill: "#4a4335", stroke: HALO, width: 3,
    position: 2, repeatDistance: 420, maxLabelChars: 30,
  });
}

export class StationName {
  constructor() {
    this.text = centred((_, f) => [f.props.name], { size: 11.5, weight: 600, fill: INK, shifts: [[0, 24]] });
  }

  place(layout, geom, feature) {
    return this.text.place(layout, geom, feature);
  }
}

/** A symbol that keeps names away from itself. */
export class PointSymbol {
  constructor(radius, look, drawSymbol) {
    Object.assign(this, { radius, look, drawSymbol });
  }

  place(layout, geom, feature) {
    const at = geom[0][0];
    const radius = this.radius(layout.zoom);
    const box = { minX: at.x - radius - 1, minY: at.y - radius - 1, maxX: at.x + radius + 1, maxY: at.y + radius + 1 };
    return [{ anchor: at, bboxes: [box], draw: (ctx) => this.drawSymbol(ctx, this.look(feature), radius) }];
  }
}
