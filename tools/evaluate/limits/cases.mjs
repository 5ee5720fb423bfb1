// Twins: a question, the text that answers it, and one that differs in what the question is about. Written for this project.

/** Who tells "is" from "is not"? */
export const NEGATION = [
  [
    "which soup has no dairy in it",
    "The leek soup is made without milk, cream or butter.",
    "The leek soup is made with milk, cream and butter.",
  ],
  [
    "Which trail is closed to dogs?",
    "Dogs are not allowed on the ridge trail at any time of the year.",
    "Dogs are allowed on the ridge trail at any time of the year.",
  ],
  [
    "drugs that do not cause drowsiness",
    "In the trial the tablets did not make patients sleepy.",
    "In the trial the tablets made patients sleepy.",
  ],
  [
    "function that does not modify the list",
    "sorted() returns a new list and leaves the original as it was.",
    "sort() changes the original list and returns nothing.",
  ],
  [
    "Who voted against the bridge?",
    "Councillor Ames opposed the bridge and voted no.",
    "Councillor Ames supported the bridge and voted yes.",
  ],
  [
    "Is the museum closed on Mondays?",
    "On Mondays the museum stays shut.",
    "On Mondays the museum is open as on other days.",
  ],
  [
    "plants that survive without sunlight",
    "The fern on the landing needs no sun at all to thrive.",
    "The fern on the landing needs full sun to thrive.",
  ],
  [
    "which contract cannot be cancelled",
    "The two-year plan may not be ended before its term.",
    "The two-year plan may be ended at any time before its term.",
  ],
  [
    "Which patients had no fever?",
    "The second group came without a raised temperature.",
    "The second group came with a raised temperature.",
  ],
  [
    "phone that is not waterproof",
    "This model must never get wet, since its case lets water in.",
    "This model may get wet, since its case keeps water out.",
  ],
  [
    "batteries that were not recalled",
    "The maker did not call back the batteries of the spring series.",
    "The maker called back the batteries of the spring series.",
  ],
  [
    "Does the warranty exclude screens?",
    "Broken screens are not covered by the warranty.",
    "Broken screens are covered by the warranty.",
  ],
  [
    "towns the train does not stop at",
    "The express runs through Selby without stopping.",
    "The express stops at Selby for two minutes.",
  ],
  [
    "a recipe without eggs",
    "These pancakes contain no eggs, only flour, water and oil.",
    "These pancakes contain four eggs, flour, water and oil.",
  ],
  [
    "Which study found no effect?",
    "The Leiden study saw no change in blood pressure.",
    "The Leiden study saw a clear change in blood pressure.",
  ],
  [
    "queries that do not lock the table",
    "This statement reads the rows without taking a lock on the table.",
    "This statement takes a lock on the table while it reads the rows.",
  ],
];

/** Who reads the number? */
export const NUMBERS = [
  [
    "population of a town of about 4,000 people",
    "Harlow Bay has 4,120 inhabitants.",
    "Harlow Bay has 41,200 inhabitants.",
  ],
  ["flights under 100 euros", "The flight to Porto costs 89 euros.", "The flight to Porto costs 189 euros."],
  [
    "Which lease ends in 2027?",
    "The lease of the ground floor runs until March 2027.",
    "The lease of the ground floor runs until March 2037.",
  ],
  [
    "error 0x80070057",
    "Code 0x80070057 means that a parameter is wrong.",
    "Code 0x80070005 means that access is denied.",
  ],
  [
    "fever above 39 degrees",
    "The child's temperature rose to 39.6 degrees.",
    "The child's temperature rose to 37.6 degrees.",
  ],
  [
    "Node.js 20 support",
    "The library runs on Node.js 20 and no older release.",
    "The library runs on Node.js 12 and no newer release.",
  ],
  ["meeting at 9:30", "The weekly meeting begins at half past nine.", "The weekly meeting begins at half past ten."],
  ["invoice 2023/417", "Invoice 2023/417 was paid in May.", "Invoice 2023/471 was paid in May."],
  [
    "more than half of the voters",
    "62 percent of the voters were for the change.",
    "26 percent of the voters were for the change.",
  ],
  ["a bridge longer than two kilometres", "The new bridge is 2,460 metres long.", "The new bridge is 246 metres long."],
  [
    "the second world war battle in 1943",
    "The battle was fought in the summer of 1943.",
    "The battle was fought in the summer of 1916.",
  ],
  ["salary of at least 70,000", "The post pays 74,500 a year.", "The post pays 47,500 a year."],
  [
    "HTTP status 404",
    "The server answers 404 when there is no such page.",
    "The server answers 403 when the page is forbidden.",
  ],
  [
    "dose for children under 5 years",
    "Children up to four years take half a spoon.",
    "Children from nine years on take two spoons.",
  ],
  [
    "apartments with three bedrooms",
    "The flat has three bedrooms and a balcony.",
    "The flat has one bedroom and a balcony.",
  ],
  ["torque of 25 Nm", "Tighten the bolts to 25 Nm.", "Tighten the bolts to 52 Nm."],
];

/** The same words, another relation. */
export const NEAR_DUPLICATES = [
  ["Who sued the newspaper?", "The mayor sued the newspaper for libel.", "The newspaper sued the mayor for libel."],
  [
    "convert Celsius to Fahrenheit",
    "This function takes degrees Celsius and returns degrees Fahrenheit.",
    "This function takes degrees Fahrenheit and returns degrees Celsius.",
  ],
  [
    "trains from Leeds to York",
    "A train leaves Leeds for York every half hour.",
    "A train leaves York for Leeds every half hour.",
  ],
  ["Which company bought Orbis?", "Orbis was taken over by Lumen in June.", "Lumen was taken over by Orbis in June."],
  [
    "the cat that chased the dog",
    "The cat ran after the dog across the yard.",
    "The dog ran after the cat across the yard.",
  ],
  [
    "translate from German into English",
    "She translates German novels into English.",
    "She translates English novels into German.",
  ],
  [
    "before the merger, who was chairman?",
    "Until the merger the chairman was Ms Okafor.",
    "Since the merger the chairman has been Ms Okafor.",
  ],
  [
    "what causes low pressure to raise the wind",
    "Falling pressure makes the wind rise.",
    "Rising pressure makes the wind fall.",
  ],
  [
    "students taller than their teachers",
    "The students are taller than their teachers.",
    "The teachers are taller than their students.",
  ],
  [
    "countries that import coffee from Brazil",
    "Norway buys most of its coffee from Brazil.",
    "Brazil buys most of its salted fish from Norway.",
  ],
  ["Which team beat Ajax?", "Ajax lost to Benfica by two goals.", "Benfica lost to Ajax by two goals."],
  [
    "parse JSON into an object",
    "JSON.parse turns a JSON text into an object.",
    "JSON.stringify turns an object into a JSON text.",
  ],
  [
    "the pipe that is thicker than the hose",
    "The pipe is thicker than the hose.",
    "The hose is thicker than the pipe.",
  ],
  [
    "vaccines given after surgery",
    "The vaccine is given four weeks after surgery.",
    "The vaccine is given four weeks before surgery.",
  ],
  ["who taught Plato", "Socrates was the teacher of Plato.", "Aristotle was a pupil of Plato."],
  [
    "lend money to a friend",
    "He lent his friend two hundred pounds.",
    "He borrowed two hundred pounds from his friend.",
  ],
];

/** A fact, for a place in a long text of other things. */
export const FACTS = [
  ["Who repaired the clock tower?", "The clock tower was repaired by a watchmaker called Ilse Brandt."],
  ["When does the ferry to Skerry island run?", "The ferry to Skerry island runs on Tuesdays and Fridays at noon."],
  [
    "What is the code of the side door?",
    "The code of the side door is changed every month and hangs in the porter's room.",
  ],
  ["How deep is the harbour?", "At low tide the harbour is seven metres deep."],
  ["Which paint is used for the hull?", "The hull is painted with a red primer made of iron oxide."],
  ["Why was the concert moved?", "The concert was moved to the school because the church roof leaks."],
  ["What do the bees feed on in March?", "In March the bees live on the willows by the canal."],
  ["Where are the lost keys kept?", "Lost keys are kept in a drawer of the front desk for a year."],
];
