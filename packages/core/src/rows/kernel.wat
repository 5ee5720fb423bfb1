;; Dot products of every row of one matrix with every row of another, in blocks of two rows by four columns: what is loaded once is
;; multiplied eight times. tools/kernel.mjs makes kernel-bytes.ts of this file.
(module
  (memory (export "memory") 1)

  ;; (sum of a's lanes, of b's, of c's, of d's)
  (func $sumsF32 (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
    (local $ab v128) (local $cd v128)
    (local.set $ab (f32x4.add
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))
    (local.set $cd (f32x4.add
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d))
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d))))
    (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd))))

  (func $sumsI32 (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
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

  ;; float32: out[row * columns + column] = a[row] . b[column]. $rows is a multiple of 2, $columns of 4, $stride (the bytes of a row) of 16.
  (func (export "dotFloats")
    (param $a i32) (param $rows i32) (param $b i32) (param $columns i32) (param $stride i32) (param $out i32)
    (local $row i32) (local $column i32) (local $i i32) (local $b0 i32) (local $b1 i32) (local $b2 i32) (local $b3 i32) (local $a1 i32)
    (local $x v128) (local $y v128) (local $z v128)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128) (local $y0 v128) (local $y1 v128) (local $y2 v128) (local $y3 v128)
    (if (i32.eqz (i32.mul (local.get $rows) (local.get $columns))) (then (return)))
    (loop $eachRow
      (local.set $a1 (i32.add (local.get $a) (local.get $stride)))
      (local.set $column (i32.const 0))
      (local.set $b0 (local.get $b))
      (loop $eachColumn
        (local.set $b1 (i32.add (local.get $b0) (local.get $stride)))
        (local.set $b2 (i32.add (local.get $b1) (local.get $stride)))
        (local.set $b3 (i32.add (local.get $b2) (local.get $stride)))
        (local.set $x0 (v128.const i32x4 0 0 0 0)) (local.set $x1 (local.get $x0)) (local.set $x2 (local.get $x0)) (local.set $x3 (local.get $x0))
        (local.set $y0 (local.get $x0)) (local.set $y1 (local.get $x0)) (local.set $y2 (local.get $x0)) (local.set $y3 (local.get $x0))
        (local.set $i (i32.const 0))
        (loop $each
          (local.set $x (v128.load (i32.add (local.get $a) (local.get $i))))
          (local.set $y (v128.load (i32.add (local.get $a1) (local.get $i))))
          (local.set $z (v128.load (i32.add (local.get $b0) (local.get $i))))
          (local.set $x0 (f32x4.add (local.get $x0) (f32x4.mul (local.get $x) (local.get $z))))
          (local.set $y0 (f32x4.add (local.get $y0) (f32x4.mul (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b1) (local.get $i))))
          (local.set $x1 (f32x4.add (local.get $x1) (f32x4.mul (local.get $x) (local.get $z))))
          (local.set $y1 (f32x4.add (local.get $y1) (f32x4.mul (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b2) (local.get $i))))
          (local.set $x2 (f32x4.add (local.get $x2) (f32x4.mul (local.get $x) (local.get $z))))
          (local.set $y2 (f32x4.add (local.get $y2) (f32x4.mul (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b3) (local.get $i))))
          (local.set $x3 (f32x4.add (local.get $x3) (f32x4.mul (local.get $x) (local.get $z))))
          (local.set $y3 (f32x4.add (local.get $y3) (f32x4.mul (local.get $y) (local.get $z))))
          (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $stride))))
        (v128.store (local.get $out) (call $sumsF32 (local.get $x0) (local.get $x1) (local.get $x2) (local.get $x3)))
        (v128.store
          (i32.add (local.get $out) (i32.shl (local.get $columns) (i32.const 2)))
          (call $sumsF32 (local.get $y0) (local.get $y1) (local.get $y2) (local.get $y3)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $b0 (i32.add (local.get $b3) (local.get $stride)))
        (br_if $eachColumn (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 4))) (local.get $columns))))
      ;; The second row's results are written.
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $columns) (i32.const 2))))
      (local.set $a (i32.add (local.get $a1) (local.get $stride)))
      (br_if $eachRow (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 2))) (local.get $rows)))))

  ;; 16 bytes of codes of two bits to 64 numbers of int16: the lowest two bits of each byte come first. All $bytes of them.
  (func $unpack (param $codes i32) (param $bytes i32) (param $to i32)
    (local $end i32) (local $packed v128) (local $level v128) (local $shift i32)
    (local.set $end (i32.add (local.get $codes) (local.get $bytes)))
    (loop $each
      (local.set $packed (v128.load (local.get $codes)))
      (local.set $shift (i32.const 0))
      (loop $eachShift
        (local.set $level (i8x16.swizzle
          (v128.const i8x16 -10 -3 3 10 0 0 0 0 0 0 0 0 0 0 0 0)
          (v128.and (i8x16.shr_u (local.get $packed) (local.get $shift)) (v128.const i32x4 0x03030303 0x03030303 0x03030303 0x03030303))))
        (v128.store (local.get $to) (i16x8.extend_low_i8x16_s (local.get $level)))
        (v128.store offset=16 (local.get $to) (i16x8.extend_high_i8x16_s (local.get $level)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br_if $eachShift (i32.lt_u (local.tee $shift (i32.add (local.get $shift) (i32.const 2))) (i32.const 8))))
      (br_if $each (i32.lt_u (local.tee $codes (i32.add (local.get $codes) (i32.const 16))) (local.get $end)))))

  ;; The same of packed rows ($bytes each, a multiple of 16) with columns of int16 (8 * $bytes each), in int32. $scratch: room for two
  ;; rows that are unpacked.
  (func (export "dotCodes")
    (param $codes i32) (param $rows i32) (param $bytes i32) (param $b i32) (param $columns i32) (param $scratch i32) (param $out i32)
    (local $row i32) (local $column i32) (local $i i32) (local $stride i32) (local $a1 i32)
    (local $b0 i32) (local $b1 i32) (local $b2 i32) (local $b3 i32)
    (local $x v128) (local $y v128) (local $z v128)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128) (local $y0 v128) (local $y1 v128) (local $y2 v128) (local $y3 v128)
    (if (i32.eqz (i32.mul (local.get $rows) (local.get $columns))) (then (return)))
    (local.set $stride (i32.shl (local.get $bytes) (i32.const 3)))
    (local.set $a1 (i32.add (local.get $scratch) (local.get $stride)))
    (loop $eachRow
      (call $unpack (local.get $codes) (i32.shl (local.get $bytes) (i32.const 1)) (local.get $scratch))
      (local.set $codes (i32.add (local.get $codes) (i32.shl (local.get $bytes) (i32.const 1))))
      (local.set $column (i32.const 0))
      (local.set $b0 (local.get $b))
      (loop $eachColumn
        (local.set $b1 (i32.add (local.get $b0) (local.get $stride)))
        (local.set $b2 (i32.add (local.get $b1) (local.get $stride)))
        (local.set $b3 (i32.add (local.get $b2) (local.get $stride)))
        (local.set $x0 (v128.const i32x4 0 0 0 0)) (local.set $x1 (local.get $x0)) (local.set $x2 (local.get $x0)) (local.set $x3 (local.get $x0))
        (local.set $y0 (local.get $x0)) (local.set $y1 (local.get $x0)) (local.set $y2 (local.get $x0)) (local.set $y3 (local.get $x0))
        (local.set $i (i32.const 0))
        (loop $each
          (local.set $x (v128.load (i32.add (local.get $scratch) (local.get $i))))
          (local.set $y (v128.load (i32.add (local.get $a1) (local.get $i))))
          (local.set $z (v128.load (i32.add (local.get $b0) (local.get $i))))
          (local.set $x0 (i32x4.add (local.get $x0) (i32x4.dot_i16x8_s (local.get $x) (local.get $z))))
          (local.set $y0 (i32x4.add (local.get $y0) (i32x4.dot_i16x8_s (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b1) (local.get $i))))
          (local.set $x1 (i32x4.add (local.get $x1) (i32x4.dot_i16x8_s (local.get $x) (local.get $z))))
          (local.set $y1 (i32x4.add (local.get $y1) (i32x4.dot_i16x8_s (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b2) (local.get $i))))
          (local.set $x2 (i32x4.add (local.get $x2) (i32x4.dot_i16x8_s (local.get $x) (local.get $z))))
          (local.set $y2 (i32x4.add (local.get $y2) (i32x4.dot_i16x8_s (local.get $y) (local.get $z))))
          (local.set $z (v128.load (i32.add (local.get $b3) (local.get $i))))
          (local.set $x3 (i32x4.add (local.get $x3) (i32x4.dot_i16x8_s (local.get $x) (local.get $z))))
          (local.set $y3 (i32x4.add (local.get $y3) (i32x4.dot_i16x8_s (local.get $y) (local.get $z))))
          (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $stride))))
        (v128.store (local.get $out) (call $sumsI32 (local.get $x0) (local.get $x1) (local.get $x2) (local.get $x3)))
        (v128.store
          (i32.add (local.get $out) (i32.shl (local.get $columns) (i32.const 2)))
          (call $sumsI32 (local.get $y0) (local.get $y1) (local.get $y2) (local.get $y3)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $b0 (i32.add (local.get $b3) (local.get $stride)))
        (br_if $eachColumn (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 4))) (local.get $columns))))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $columns) (i32.const 2))))
      (br_if $eachRow (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 2))) (local.get $rows))))))
