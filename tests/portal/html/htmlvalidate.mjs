export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // An offer's title, and what a resident looks for, are part of a page's title: not ours to cut at 70 characters.
    "long-title": ["error", { maxlength: 160 }],
  },
};
