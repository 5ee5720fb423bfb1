"""Short, odd and foreign texts, written for this project: what passages of a corpus do not show."""

TEXTS = [
    # nothing, or nearly nothing
    "", " ", "\n\t ", ".", "?", "!!!", "...", "-", "_", "\u200b", "a", "I", "x y z", "0", "7", "42", "3.14159",
    "-1e-9", "1,000,000.00", "2024-02-29T23:59:60Z", "+1 (555) 010-9999", "192.168.0.1", "50%", "$", "\u20ac12,50",
    # single words
    "cat", "the", "and", "hello", "Hello", "HELLO", "yes", "no", "refund", "photosynthesis", "antidisestablishmentarianism",
    "Z\u00fcrich", "caf\u00e9", "na\u00efve", "pneumonoultramicroscopicsilicovolcanoconiosis", "asdfghjkl", "qwertyuiopzxcvbnm", "aaaaaaaaaaaaaaaaaaaa",
    # short questions and sentences
    "who are you?", "what is love", "how to cook rice", "Where is the nearest pharmacy?", "hello world", "Time flies.",
    "The quick brown fox jumps over the lazy dog.", "To be, or not to be: that is the question.", "It's raining cats & dogs!",
    "Buffalo buffalo Buffalo buffalo buffalo buffalo Buffalo buffalo.", "no no no no no no no no no no no no",
    "Please reset my password, I cannot log in since yesterday.", "invoice number 2023/417 is overdue",
    # emoji and symbols
    "\U0001f600", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "I \u2764\ufe0f you", "\U0001f1eb\U0001f1f7 vs \U0001f1e9\U0001f1ea",
    "\u2211 x\u00b2 \u2260 \u221e", "\u2192 \u2190 \u2194 \u21d2", "\u00a9 \u00ae \u2122", "\u2588\u2588\u2588\u2588", "(\u256f\u00b0\u25a1\u00b0)\u256f \u253b\u2501\u253b", "~~~~~~", "<<<>>>", "[CLS]", "hello [SEP] world", "[MASK] [MASK]",
    # code and markup
    "print('hello world')", "def add(a, b):\n    return a + b", "SELECT * FROM users WHERE id = 1;", "for (let i = 0; i < n; i++) { sum += a[i]; }",
    "<div class=\"note\">text</div>", "{\"a\": [1, 2, null], \"b\": false}", "rm -rf build && make -j4", "git commit -m 'fix typo'",
    "https://example.org/path?q=1&lang=en#top", "user.name+tag@example.org", "C:\\Users\\me\\file.txt", "/usr/local/bin/node", "TypeError: Cannot read properties of undefined (reading 'map')",
    "0xDEADBEEF", "^[a-z]+\\d{2,}$", "O(n log n)", "x = x + 1  # increment", "import numpy as np", "fn main() { println!(\"{}\", 1 + 1); }",
    # Chinese
    "\u4f60\u597d", "\u732b", "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002", "\u5317\u4eac\u662f\u4e2d\u56fd\u7684\u9996\u90fd", "\u5982\u4f55\u91cd\u7f6e\u5bc6\u7801\uff1f", "\u6211\u60f3\u9000\u6b3e\uff0c\u8bf7\u5e2e\u5fd9\u5904\u7406\u4e00\u4e0b\u3002",
    "\u81fa\u7063\u7684\u9ad8\u5c71\u70cf\u9f8d\u8336", "\u4eba\u5de5\u667a\u80fd\u6b63\u5728\u6539\u53d8\u4e16\u754c\u3002", "2024\u5e743\u67081\u65e5", "\u6253\u5f00 settings.json \u6587\u4ef6", "\uff28\uff25\uff2c\uff2c\uff2f\u3000\uff11\uff12\uff13", "\U00020000\U00020001", "\u5fc3\u88ab\u6a2a\u8de8\u9f98\u9750\u9f49",
    # other languages and scripts
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c", "\u30c6\u30b9\u30c8", "\uff83\uff7d\uff84", "\uc548\ub155\ud558\uc138\uc694", "\u0421\u043a\u043e\u043b\u044c\u043a\u043e \u0441\u0442\u043e\u0438\u0442 \u0431\u0438\u043b\u0435\u0442 \u0434\u043e \u041c\u043e\u0441\u043a\u0432\u044b?", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u041f\u0435\u0440\u0435\u043c\u043e\u0433\u0430",
    "\u0645\u0631\u062d\u0628\u0627", "\u0645\u0627 \u0647\u064a \u0639\u0627\u0635\u0645\u0629 \u0641\u0631\u0646\u0633\u0627\u061f", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u0e02\u0e2d\u0e1a\u0e04\u0e38\u0e13", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5", "\u039f\u0394\u039f\u03a3",
    "Wo ist der n\u00e4chste Bahnhof?", "\u00bfD\u00f3nde est\u00e1 la biblioteca?", "Je ne sais pas.", "Zdrav\u00edm sv\u011bt", "G\u00fcnayd\u0131n d\u00fcnya", "Xin ch\u00e0o th\u1ebf gi\u1edbi",
    # mixed
    "caf\u00e9 \u5317\u4eac \u041c\u043e\u0441\u043a\u0432\u0430 \U0001f600 123", "ratio 3:1 \u2014 \u201cquoted\u201d \u2018text\u2019 \u2026", "iPhone15ProMax\u662f\u4ec0\u4e48\u65f6\u5019\u53d1\u5e03\u7684", "e=mc^2, F=ma; a^2+b^2=c^2",
    "ALL CAPS AND lowercase AND MiXeD", "word " * 100, "1 2 3 4 5 6 7 8 9 10 " * 12, "\u597d" * 80, "! ? . , ; : " * 20,
]
