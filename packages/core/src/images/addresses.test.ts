import { describe, expect, test } from "vitest";
import { isPublicAddress } from "./addresses.js";

const SPECIAL = [
  ..."0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1".split(
    " ",
  ),
  ..."192.168.1.1 198.18.0.1 203.0.113.9 224.0.0.1 255.255.255.255".split(" "),
  ...":: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 100::1 2001::1 2001:db8::1 2002:a00:1:: 3fff::1".split(" "),
  ..."fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1".split(" "),
];

describe("isPublicAddress", () => {
  test.each(SPECIAL)("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(["8.8.8.8", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
    "%s is",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  test.each(["", "localhost", "8.8.8", "8.8.8.8.8", "0x7f000001", "[::1]"])("%j is no address", (text) =>
    expect(isPublicAddress(text)).toBe(false),
  );
});
