import { uuidOf } from "./demo/documents.js";

const RULES = [
  {
    source: "rooms.md",
    text: "Meeting rooms are booked in the calendar; a booking lapses when nobody comes within ten minutes.",
  },
  { source: "rooms.md", text: "The quiet room on the second floor is for work without calls or talk." },
  {
    source: "kitchen.md",
    text: "Whoever takes the last coffee makes a new pot. Filters are in the drawer below the machine.",
  },
  {
    source: "kitchen.md",
    text: "The dishwasher is started at six in the evening; cups left on desks are not collected.",
  },
  { source: "travel.md", text: "Trips are paid back within two weeks, once the receipts are in the expenses form." },
  { source: "travel.md", text: "Trains are preferred to flights for journeys below six hours." },
  {
    source: "travel.md",
    text: "Hotels up to 140 euros a night need no approval; dearer ones are agreed with your manager.",
  },
  { source: "leave.md", text: "Holidays are entered two weeks ahead; your team lead confirms them within three days." },
  { source: "leave.md", text: "If you are ill, call before ten. A doctor's note is needed from the third day." },
  { source: "leave.md", text: "New parents may take twelve weeks off with full pay within the child's first year." },
  {
    source: "computers.md",
    text: "A lost laptop is reported to the service desk at once, at any hour, so that it can be locked.",
  },
  { source: "computers.md", text: "Passwords live in the password manager. Nobody will ever ask you for one." },
  { source: "computers.md", text: "Screens are replaced every five years, laptops every four." },
  { source: "building.md", text: "After eight the main door opens with your card and a code only." },
  { source: "building.md", text: "When the alarm sounds, leave by the stairs and meet at the car park; lifts stop." },
  { source: "building.md", text: "Bicycles are kept in the cellar, which the ramp on the north side leads to." },
];

/** The corpus of the retrieval examples: the handbook of an imaginary office, one text per rule. */
export const HANDBOOK = RULES.map((rule) => ({ ...rule, id: uuidOf(rule.text) }));
