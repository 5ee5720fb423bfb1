;; The two passes of a resize, in Pillow's arithmetic: sums of bytes times 22-bit fractions in int32, rounded, shifted back and kept in a
;; byte. tools/kernel.mjs makes resample-bytes.ts of this file.
(module
  (memory (export "memory") 1)

  ;; Four sums as bytes, in the lowest four of sixteen.
  (func $bytes (param $sums v128) (result v128)
    (local $values v128)
    (local.set $values (i32x4.shr_s (local.get $sums) (i32.const 22)))
    (local.set $values (i16x8.narrow_i32x4_s (local.get $values) (local.get $values)))
    (i8x16.narrow_i16x8_u (local.get $values) (local.get $values)))

  ;; Each of $height rows of $stride bytes at $from becomes $size pixels of three bytes at $to, in rows of $outStride bytes. For each pixel
  ;; $taps has the place of its first source pixel in bytes and the number of source pixels, and $weights has $most weights.
  ;; Reads a byte beyond the last pixel, and writes one.
  (func (export "narrow")
    (param $from i32) (param $stride i32) (param $height i32) (param $taps i32) (param $weights i32) (param $most i32)
    (param $size i32) (param $to i32) (param $outStride i32)
    (local $tap i32) (local $tapsEnd i32) (local $weight i32) (local $weightEnd i32) (local $nextWeight i32) (local $at i32) (local $out i32)
    (local $sums v128)
    (if (i32.eqz (i32.mul (local.get $height) (local.get $size))) (then (return)))
    (local.set $tapsEnd (i32.add (local.get $taps) (i32.mul (local.get $size) (i32.const 8))))
    (local.set $most (i32.mul (local.get $most) (i32.const 4)))
    (loop $eachRow
      (local.set $tap (local.get $taps))
      (local.set $nextWeight (local.get $weights))
      (local.set $out (local.get $to))
      (loop $eachPixel
        (local.set $at (i32.add (local.get $from) (i32.load (local.get $tap))))
        (local.set $weight (local.get $nextWeight))
        (local.set $weightEnd (i32.add (local.get $weight) (i32.mul (i32.load offset=4 (local.get $tap)) (i32.const 4))))
        (local.set $sums (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (loop $eachTap
          (local.set $sums (i32x4.add (local.get $sums) (i32x4.mul
            (v128.load32_splat (local.get $weight))
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $at)))))))
          (local.set $at (i32.add (local.get $at) (i32.const 3)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (br_if $eachTap (i32.lt_u (local.get $weight) (local.get $weightEnd))))
        (v128.store32_lane 0 (local.get $out) (call $bytes (local.get $sums)))
        (local.set $out (i32.add (local.get $out) (i32.const 3)))
        (local.set $nextWeight (i32.add (local.get $nextWeight) (local.get $most)))
        (local.set $tap (i32.add (local.get $tap) (i32.const 8)))
        (br_if $eachPixel (i32.lt_u (local.get $tap) (local.get $tapsEnd))))
      (local.set $from (i32.add (local.get $from) (local.get $stride)))
      (local.set $to (i32.add (local.get $to) (local.get $outStride)))
      (local.set $height (i32.sub (local.get $height) (i32.const 1)))
      (br_if $eachRow (local.get $height))))

  ;; A row of $stride bytes at $to: the sum of $count rows at $from by $weights, one for each. $stride is a multiple of 16.
  (func (export "shorten")
    (param $from i32) (param $stride i32) (param $weights i32) (param $count i32) (param $to i32)
    (local $end i32) (local $at i32) (local $weight i32) (local $weightsEnd i32) (local $row v128) (local $low v128) (local $high v128)
    (local $factor v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $to) (local.get $stride)))
    (local.set $weightsEnd (i32.add (local.get $weights) (i32.mul (local.get $count) (i32.const 4))))
    (if (i32.eqz (i32.mul (local.get $count) (local.get $stride))) (then (return)))
    (loop $eachBlock
      (local.set $a (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $b (local.get $a)) (local.set $c (local.get $a)) (local.set $d (local.get $a))
      (local.set $at (local.get $from))
      (local.set $weight (local.get $weights))
      (loop $eachTap
        (local.set $row (v128.load (local.get $at)))
        (local.set $factor (v128.load32_splat (local.get $weight)))
        (local.set $low (i16x8.extend_low_i8x16_u (local.get $row)))
        (local.set $high (i16x8.extend_high_i8x16_u (local.get $row)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $low)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $low)))))
        (local.set $c (i32x4.add (local.get $c) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $high)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $high)))))
        (local.set $at (i32.add (local.get $at) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $eachTap (i32.lt_u (local.get $weight) (local.get $weightsEnd))))
      (v128.store (local.get $to) (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
        (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $eachBlock (i32.lt_u (local.get $to) (local.get $end))))))
