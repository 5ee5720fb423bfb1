"""Plain texts, written for this project, on which the ranges of the activations are observed.

None of them is among the texts that the measurements use.
"""

ENGLISH = [
    "The committee met on Tuesday to discuss next year's budget. After three hours of debate, members agreed to postpone the vote until the auditors deliver their report in March.",
    "Photosynthesis converts light energy into chemical energy. In green plants, chlorophyll absorbs mostly red and blue light, and the reaction releases oxygen as a by-product of splitting water.",
    "To change a bicycle tyre, first remove the wheel, let out the remaining air, and use two levers to lift the bead over the rim. Check the inside of the tyre for glass before fitting a new tube.",
    "Our results show that mice lacking the receptor gained 23% less weight than controls (p < 0.01, n = 48), which suggests that the pathway regulates lipid storage in adipose tissue.",
    "The defendant argues that the contract is void because consideration was never paid. The court disagrees: a promise to deliver goods at a fixed date is sufficient consideration under section 12(b).",
    "Preheat the oven to 200 degrees. Mix flour, sugar, butter and a pinch of salt until the dough resembles breadcrumbs, then press it over the sliced apples and bake for 35 minutes.",
    "In 1848 revolutions swept across Europe. Monarchs in Paris, Vienna and Berlin were forced to grant constitutions, though most of these concessions were withdrawn within two years.",
    "Quarterly revenue rose 8.4% to $3.2 billion, driven by cloud subscriptions, while operating margin slipped to 17.9% because of higher energy costs and a one-time restructuring charge.",
    "She closed the door quietly, set the lamp on the table, and read the letter again. 'He knew,' she whispered. 'All this time, he knew, and he never said a word.'",
    "A hash table stores key-value pairs in buckets. When two keys fall into the same bucket the collision is resolved either by chaining or by open addressing; the average lookup takes constant time.",
    "The boundary layer over a flat plate becomes turbulent when the Reynolds number exceeds roughly five hundred thousand, after which skin friction and heat transfer increase sharply.",
    "Patients with type 2 diabetes should have their kidney function measured at least once a year. Early treatment with an ACE inhibitor slows the progression of albuminuria.",
    "The striker scored twice before half-time, but the visitors equalised in the 89th minute after a defensive error, and the match ended 2-2 in front of 41,000 spectators.",
    "Volcanic ash can shut down jet engines within minutes, because silicate particles melt in the combustion chamber and solidify on the turbine blades as a glassy coating.",
    "Dear customer, thank you for your order no. 88213. Unfortunately the blue kettle is out of stock until 14 May. Would you like a refund, or shall we send the white model instead?",
    "Inflation expectations remain anchored, the governor said, yet the board will not hesitate to raise interest rates again should wage growth prove more persistent than forecast.",
    "Whales evolved from land mammals about fifty million years ago. Fossils from Pakistan show animals with both hooves and the ear bones that are typical of modern cetaceans.",
    "how do i get rid of ants in the kitchen without poison", "best time to visit new zealand", "what causes high blood pressure in young adults",
    "python sort list of dictionaries by key descending", "difference between tcp and udp", "who wrote the opera about the barber of seville",
    "Remote Code Execution in versions before 2.4.1: a crafted YAML document lets an attacker instantiate arbitrary classes. Upgrade, or set safe_load as the default loader.",
    "Chapter 4. Of the Nature and Use of Money. Wherein it is shewn that coin is but a token of labour, and that princes who debase it do rob both the widow and the merchant.",
    "lol that movie was SO bad... 2/10, would not watch again!!! the acting?? terrible. the plot?? what plot. only good thing was the soundtrack tbh",
    "Let f be continuous on [a, b]. Then for every epsilon > 0 there exists a polynomial p such that |f(x) - p(x)| < epsilon for all x in [a, b]; this is the Weierstrass approximation theorem.",
    "Ingredients: water, wheat flour (42%), palm oil, glucose syrup, salt, emulsifier (soya lecithin), raising agents (E450, E500), flavouring. May contain traces of nuts and milk.",
    "The Northern Line runs from Morden to High Barnet and Edgware. Trains leave every three minutes in the peak; on Sundays the service starts at 07:12 and ends at 23:48.",
    "Gene expression was quantified by qPCR using the 2^-ddCt method. IL-6, TNF-alpha and CXCL8 were upregulated 4.1-, 2.7- and 9.3-fold in stimulated fibroblasts.",
    "Question: My landlord has not returned my deposit after sixty days. What can I do? Answer: Send a written demand by registered mail, then file a claim in small claims court.",
    "Neutron stars spin up to seven hundred times per second. Their crust is thought to be a lattice of iron nuclei, stiffer than any material known on Earth.",
    "Meeting notes: (1) API freeze on Friday; (2) Ana owns the migration; (3) load test moved to staging; (4) open question: who signs off the security review?",
]

CHINESE = [
    "\u6625\u8282\u662f\u4e2d\u56fd\u6700\u91cd\u8981\u7684\u4f20\u7edf\u8282\u65e5\u3002\u6bcf\u5230\u8fd9\u4e2a\u65f6\u5019\uff0c\u5bb6\u5bb6\u6237\u6237\u90fd\u4f1a\u8d34\u6625\u8054\u3001\u653e\u97ad\u70ae\u3001\u5403\u56e2\u5706\u996d\uff0c\u8fdc\u5728\u4ed6\u4e61\u7684\u4eba\u4e5f\u4f1a\u8d76\u56de\u5bb6\u4e2d\u3002",
    "\u957f\u6c5f\u53d1\u6e90\u4e8e\u9752\u85cf\u9ad8\u539f\uff0c\u5168\u957f\u7ea6\u516d\u5343\u4e09\u767e\u516c\u91cc\uff0c\u6d41\u7ecf\u5341\u4e00\u4e2a\u7701\u7ea7\u884c\u653f\u533a\uff0c\u6700\u540e\u6ce8\u5165\u4e1c\u6d77\uff0c\u662f\u4e9a\u6d32\u6700\u957f\u7684\u6cb3\u6d41\u3002",
    "\u7814\u7a76\u4eba\u5458\u53d1\u73b0\uff0c\u957f\u671f\u7f3a\u4e4f\u7761\u7720\u4f1a\u524a\u5f31\u514d\u75ab\u7cfb\u7edf\uff0c\u5e76\u589e\u52a0\u60a3\u5fc3\u8840\u7ba1\u75be\u75c5\u7684\u98ce\u9669\u3002\u4e13\u5bb6\u5efa\u8bae\u6210\u5e74\u4eba\u6bcf\u5929\u7761\u7720\u4e03\u5230\u516b\u5c0f\u65f6\u3002",
    "\u8be5\u516c\u53f8\u7b2c\u4e09\u5b63\u5ea6\u8425\u6536\u4e3a128.6\u4ebf\u5143\uff0c\u540c\u6bd4\u589e\u957f15.3%\uff0c\u51c0\u5229\u6da621.4\u4ebf\u5143\uff0c\u4e3b\u8981\u53d7\u76ca\u4e8e\u65b0\u80fd\u6e90\u6c7d\u8f66\u9500\u91cf\u7684\u63d0\u5347\u3002",
    "\u8bf7\u95ee\u8fd9\u4e2a\u6b3e\u5f0f\u7684\u8863\u670d\u8fd8\u6709\u6ca1\u6709\u5927\u53f7\uff1f\u6211\u4e0a\u6b21\u4e70\u7684\u4e2d\u53f7\u6709\u70b9\u5c0f\uff0c\u60f3\u6362\u4e00\u4ef6\uff0c\u8fd0\u8d39\u8c01\u6765\u627f\u62c5\uff1f",
    "\u91cf\u5b50\u8ba1\u7b97\u5229\u7528\u91cf\u5b50\u53e0\u52a0\u548c\u7ea0\u7f20\u7684\u7279\u6027\u8fdb\u884c\u8fd0\u7b97\u3002\u4e0e\u7ecf\u5178\u6bd4\u7279\u4e0d\u540c\uff0c\u4e00\u4e2a\u91cf\u5b50\u6bd4\u7279\u53ef\u4ee5\u540c\u65f6\u5904\u4e8e\u96f6\u548c\u4e00\u7684\u53e0\u52a0\u6001\u3002",
    "\u6839\u636e\u300a\u52b3\u52a8\u5408\u540c\u6cd5\u300b\u7b2c\u4e09\u5341\u516b\u6761\u7684\u89c4\u5b9a\uff0c\u7528\u4eba\u5355\u4f4d\u672a\u53ca\u65f6\u8db3\u989d\u652f\u4ed8\u52b3\u52a8\u62a5\u916c\u7684\uff0c\u52b3\u52a8\u8005\u53ef\u4ee5\u89e3\u9664\u52b3\u52a8\u5408\u540c\u3002",
    "\u66f9\u96ea\u82b9\uff0c\u6e05\u4ee3\u5c0f\u8bf4\u5bb6\uff0c\u4ee3\u8868\u4f5c\u300a\u7ea2\u697c\u68a6\u300b\u3002\u4ed6\u51fa\u8eab\u8d35\u65cf\uff0c\u540e\u6765\u5bb6\u9053\u4e2d\u843d\uff0c\u665a\u5e74\u751f\u6d3b\u5341\u5206\u8d2b\u56f0\u3002",
    "\u628a\u9e21\u86cb\u6253\u6563\uff0c\u52a0\u5165\u5c11\u8bb8\u76d0\u548c\u6e05\u6c34\uff0c\u70ed\u9505\u51b7\u6cb9\u5feb\u901f\u7ffb\u7092\uff0c\u518d\u653e\u5165\u5207\u597d\u7684\u897f\u7ea2\u67ff\uff0c\u70e7\u4e24\u5206\u949f\u5373\u53ef\u51fa\u9505\u3002",
    "\u6bd4\u8d5b\u8fdb\u884c\u5230\u7b2c\u516b\u5341\u4e5d\u5206\u949f\uff0c\u5ba2\u961f\u524d\u950b\u63a5\u5230\u540e\u573a\u957f\u4f20\uff0c\u5355\u5200\u5c04\u95e8\u5f97\u624b\uff0c\u6700\u7ec8\u6bd4\u5206\u5b9a\u683c\u57282\u6bd42\u3002",
    "\u570b\u7acb\u53f0\u7063\u5927\u5b78\u5275\u7acb\u65bc\u4e00\u4e5d\u4e8c\u516b\u5e74\uff0c\u524d\u8eab\u70ba\u81fa\u5317\u5e1d\u570b\u5927\u5b78\uff0c\u662f\u53f0\u7063\u6b77\u53f2\u6700\u60a0\u4e45\u7684\u9ad8\u7b49\u5b78\u5e9c\uff0c\u8a2d\u6709\u5341\u4e00\u500b\u5b78\u9662\u3002",
    "\u96fb\u8996\u5287\u65bc\u5468\u4e94\u665a\u9593\u64ad\u51fa\uff0c\u9996\u96c6\u6536\u8996\u7387\u9054\u52303.7%\uff0c\u5c0e\u6f14\u8868\u793a\u5f8c\u7e8c\u5287\u60c5\u6703\u66f4\u52a0\u7dca\u6e4a\u3002",
    "\u600e\u4e48\u67e5\u8be2\u793e\u4fdd\u7f34\u8d39\u8bb0\u5f55", "\u611f\u5192\u53d1\u70e7\u5403\u4ec0\u4e48\u836f", "\u6e05\u671d\u6709\u591a\u5c11\u4f4d\u7687\u5e1d\uff1f", "\u7b14\u8bb0\u672c\u7535\u8111\u5f00\u4e0d\u4e86\u673a\u600e\u4e48\u529e", "\u5de6\u5b97\u68e0\u6536\u590d\u65b0\u7586\u662f\u54ea\u4e00\u5e74",
    "\u5c0f\u660e\u8bf4\uff1a\u201c\u660e\u5929\u6211\u4eec\u53bb\u722c\u5c71\u5427\uff01\u201d\u5c0f\u7ea2\u7b11\u7740\u56de\u7b54\uff1a\u201c\u597d\u554a\uff0c\u4e0d\u8fc7\u8981\u65e9\u70b9\u51fa\u53d1\u3002\u201d",
    "\u4f7f\u7528 pip install requests \u5b89\u88c5\u4f9d\u8d56\u540e\uff0c\u8fd0\u884c main.py \u5373\u53ef\u542f\u52a8\u670d\u52a1\uff0c\u9ed8\u8ba4\u7aef\u53e3\u4e3a8080\u3002",
    "\u8bbe\u51fd\u6570f(x)\u5728\u95ed\u533a\u95f4[a,b]\u4e0a\u8fde\u7eed\uff0c\u5728\u5f00\u533a\u95f4(a,b)\u5185\u53ef\u5bfc\uff0c\u4e14f(a)=f(b)\uff0c\u5219\u81f3\u5c11\u5b58\u5728\u4e00\u70b9\u4f7f\u5f97\u5bfc\u6570\u4e3a\u96f6\u3002",
]

OTHER = [
    "Der Zug nach M\u00fcnchen f\u00e4hrt heute von Gleis sieben ab; bitte beachten Sie die ge\u00e4nderte Wagenreihung.", "La r\u00e9union a \u00e9t\u00e9 report\u00e9e \u00e0 jeudi, car le directeur est souffrant.",
    "El volc\u00e1n entr\u00f3 en erupci\u00f3n a las tres de la ma\u00f1ana y oblig\u00f3 a evacuar cuatro pueblos.", "\u0423\u0447\u0451\u043d\u044b\u0435 \u043e\u0442\u043a\u0440\u044b\u043b\u0438 \u043d\u043e\u0432\u044b\u0439 \u0432\u0438\u0434 \u0433\u043b\u0443\u0431\u043e\u043a\u043e\u0432\u043e\u0434\u043d\u044b\u0445 \u0440\u044b\u0431 \u0443 \u043f\u043e\u0431\u0435\u0440\u0435\u0436\u044c\u044f \u041a\u0430\u043c\u0447\u0430\u0442\u043a\u0438.",
    "\u0623\u0639\u0644\u0646\u062a \u0627\u0644\u0634\u0631\u0643\u0629 \u0639\u0646 \u0627\u0641\u062a\u062a\u0627\u062d \u0641\u0631\u0639 \u062c\u062f\u064a\u062f \u0641\u064a \u0627\u0644\u0642\u0627\u0647\u0631\u0629 \u0627\u0644\u0634\u0647\u0631 \u0627\u0644\u0645\u0642\u0628\u0644.", "\u05d4\u05e8\u05db\u05d1\u05ea \u05d0\u05d9\u05d7\u05e8\u05d4 \u05d1\u05e2\u05e9\u05e8 \u05d3\u05e7\u05d5\u05ea",
    "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e23\u0e49\u0e2d\u0e19\u0e21\u0e32\u0e01", "\u0915\u0932 \u092c\u093e\u0930\u093f\u0936 \u0939\u094b\u0917\u0940", "\u660e\u65e5\u306e\u4f1a\u8b70\u306f\u5348\u5f8c\u4e09\u6642\u304b\u3089\u3067\u3059\u3002\u8cc7\u6599\u3092\u5fd8\u308c\u306a\u3044\u3067\u304f\u3060\u3055\u3044\u3002", "\uc624\ub298 \uc800\ub141\uc5d0 \ube44\uac00 \uc62c \uc608\uc815\uc785\ub2c8\ub2e4.",
    "\u0397 \u0391\u03b8\u03ae\u03bd\u03b1 \u03b5\u03af\u03bd\u03b1\u03b9 \u03b7 \u03c0\u03c1\u03c9\u03c4\u03b5\u03cd\u03bf\u03c5\u03c3\u03b1", "T\u00f4i mu\u1ed1n \u0111\u1eb7t ph\u00f2ng \u0111\u00f4i", "\U0001f389\U0001f382 happy birthday!! \U0001f973", "\u03b1 + \u03b2 \u2265 \u03b3, \u2200x \u2208 \u211d", "\u2605\u2605\u2605\u2606\u2606", "***", "(:", "###", "=====", "??", ",", ";", "*", "b", "9", "ok", "dog", "WARNING", "1/2", "99.9%", "12:30",
    "const total = items.reduce((sum, item) => sum + item.price * item.count, 0);", "public static void main(String[] args) { System.out.println(args.length); }", "while True:\n    try:\n        job = queue.get(timeout=5)\n    except Empty:\n        break",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, placed_at TIMESTAMP);", "curl -sS -X POST -H 'Content-Type: application/json' -d '{\"name\":\"x\"}' http://localhost:8080/items", "<ul><li>one</li><li>two</li></ul>", "Segmentation fault (core dumped)", "#include <stdio.h>", "[2024-05-01 12:00:03] ERROR worker-3: connection reset by peer (errno=104)",
    "ha " * 60, "8 " * 60, "\u54c8" * 60, ". " * 60, "- - - - " * 12, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "x" * 200,
]

TEXTS = ENGLISH + CHINESE + OTHER
