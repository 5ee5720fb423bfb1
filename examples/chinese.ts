// Chinese: retrieves and reranks with bge-small-zh-v1.5.
import { loadEmbedder, loadReranker, similarity } from "@bge-js/core";

const passages = [
  "图书馆周一至周五上午九点开门，周日闭馆。",
  "逾期图书每天收取两角钱的滞纳金。",
  "持证读者一次最多可借十本书，借期四周，可以续借一次。",
  "自习室需要提前一天在网上预约座位。",
];
const question = "借的书多久要还？";

await using embedder = await loadEmbedder("BAAI/bge-small-zh-v1.5");
await using reranker = await loadReranker("BAAI/bge-small-zh-v1.5");

const query = await embedder.embedQuery(question);
const vectors = await embedder.embedDocuments(passages);
const cosines = vectors.map((vector) => similarity(vector, query));
const [best] = await reranker.rerank(question, passages, { topN: 1 });

console.log(question);
passages.forEach((passage, index) => {
  console.log(`${cosines[index]!.toFixed(3)}  ${passage}`);
});
console.log(`\n最佳答案：${passages[best!.index]}`);
