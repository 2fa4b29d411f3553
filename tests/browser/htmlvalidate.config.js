// Every recommended rule, and those of whole documents. None is disabled; where one is tuned, why is said above it.

export default {
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    // One way of writing it, the one of the standard's own examples.
    'doctype-style': ['error', { style: 'lowercase' }],
    // A title repeats what was typed, or a name of up to 120 characters, so that tabs can be told apart.
    'long-title': ['error', { maxlength: 200 }],
    // On buttons the rule would also bind the words around the number; markup.test.js holds the number itself.
    'tel-non-breaking': ['error', { ignoreClasses: ['bouton'] }],
    // Our own hashed files come from the server that sent the page: a fingerprint proves nothing more.
    'require-sri': ['error', { target: 'crossorigin' }],
  },
};
