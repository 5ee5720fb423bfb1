;; Dot products of one query with many vectors of int8 codes, four vectors at a time. tools/kernel.mjs makes scan-bytes.ts of this file.
(module
  (memory (export "memory") 1)

  ;; (sum of a's lanes, of b's, of c's, of d's)
  (func $sums (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
    (local $ab v128) (local $cd v128)
    (local.set $ab (i32x4.add
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))
    (local.set $cd (i32x4.add
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d))
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d))))
    (i32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd))))

  ;; out[v] = (codes[v] . query) * scales[v], in float32. $codes: $count vectors (a multiple of 4) of $stride bytes (a multiple of 16);
  ;; $query: $stride numbers of int16.
  (func (export "scan")
    (param $codes i32) (param $count i32) (param $stride i32) (param $query i32) (param $scales i32) (param $out i32)
    (local $end i32) (local $i i32) (local $b1 i32) (local $b2 i32) (local $b3 i32) (local $q v128)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (loop $each
      (local.set $b1 (i32.add (local.get $codes) (local.get $stride)))
      (local.set $b2 (i32.add (local.get $b1) (local.get $stride)))
      (local.set $b3 (i32.add (local.get $b2) (local.get $stride)))
      (local.set $x0 (v128.const i32x4 0 0 0 0)) (local.set $x1 (local.get $x0)) (local.set $x2 (local.get $x0)) (local.set $x3 (local.get $x0))
      (local.set $i (i32.const 0))
      (loop $eachNumber
        (local.set $q (v128.load (i32.add (local.get $query) (i32.shl (local.get $i) (i32.const 1)))))
        (local.set $x0 (i32x4.add (local.get $x0) (i32x4.dot_i16x8_s (v128.load8x8_s (i32.add (local.get $codes) (local.get $i))) (local.get $q))))
        (local.set $x1 (i32x4.add (local.get $x1) (i32x4.dot_i16x8_s (v128.load8x8_s (i32.add (local.get $b1) (local.get $i))) (local.get $q))))
        (local.set $x2 (i32x4.add (local.get $x2) (i32x4.dot_i16x8_s (v128.load8x8_s (i32.add (local.get $b2) (local.get $i))) (local.get $q))))
        (local.set $x3 (i32x4.add (local.get $x3) (i32x4.dot_i16x8_s (v128.load8x8_s (i32.add (local.get $b3) (local.get $i))) (local.get $q))))
        (local.set $q (v128.load offset=16 (i32.add (local.get $query) (i32.shl (local.get $i) (i32.const 1)))))
        (local.set $x0 (i32x4.add (local.get $x0) (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (i32.add (local.get $codes) (local.get $i))) (local.get $q))))
        (local.set $x1 (i32x4.add (local.get $x1) (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (i32.add (local.get $b1) (local.get $i))) (local.get $q))))
        (local.set $x2 (i32x4.add (local.get $x2) (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (i32.add (local.get $b2) (local.get $i))) (local.get $q))))
        (local.set $x3 (i32x4.add (local.get $x3) (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (i32.add (local.get $b3) (local.get $i))) (local.get $q))))
        (br_if $eachNumber (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $stride))))
      (v128.store (local.get $out) (f32x4.mul
        (f32x4.convert_i32x4_s (call $sums (local.get $x0) (local.get $x1) (local.get $x2) (local.get $x3)))
        (v128.load (local.get $scales))))
      (local.set $codes (i32.add (local.get $b3) (local.get $stride)))
      (local.set $scales (i32.add (local.get $scales) (i32.const 16)))
      (br_if $each (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 16))) (local.get $end))))))
