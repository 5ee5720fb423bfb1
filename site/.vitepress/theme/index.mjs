// The default theme without its fonts, and with our own search in the bar where a server answers it.

import DefaultTheme from "vitepress/theme-without-fonts";
import { h } from "vue";
import MeaningSearch from "./MeaningSearch.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "nav-bar-content-before": () => h(MeaningSearch) }),
};
