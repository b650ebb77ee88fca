;; The least values of a family of hashes over the hashes of a text's runs of words (minhash-least.ts), four places of the signature at a time in a vector.
;; Assembled in minhash-least-wasm.ts, with wat2wasm and base64.
(module
(import "env" "memory" (memory 1))
;; least[place] = min(least[place], mix(hash · multiplier[place] ^ offset[place])) over the hashes, unsigned; mix is the finalizer of murmur3. places: a multiple
;; of 8. `family` has the multipliers of all places and then their offsets. count > 0.
(func (export "takeLeast") (param $hashes i32) (param $count i32) (param $family i32) (param $places i32) (param $least i32)
  (local $end i32) (local $last i32) (local $p i32) (local $hash v128) (local $c1 v128) (local $c2 v128)
  (local $m0 v128) (local $m1 v128) (local $o0 v128) (local $o1 v128) (local $l0 v128) (local $l1 v128) (local $x0 v128) (local $x1 v128)
  (local.set $c1 (v128.const i32x4 0x85ebca6b 0x85ebca6b 0x85ebca6b 0x85ebca6b))
  (local.set $c2 (v128.const i32x4 0xc2b2ae35 0xc2b2ae35 0xc2b2ae35 0xc2b2ae35))
  (local.set $places (i32.shl (local.get $places) (i32.const 2)))
  (local.set $last (i32.add (local.get $least) (local.get $places)))
  (local.set $end (i32.add (local.get $hashes) (i32.shl (local.get $count) (i32.const 2))))
  (loop $eights
    (local.set $m0 (v128.load offset=0 (local.get $family)))
    (local.set $m1 (v128.load offset=16 (local.get $family)))
    (local.set $p (i32.add (local.get $family) (local.get $places)))
    (local.set $o0 (v128.load offset=0 (local.get $p)))
    (local.set $o1 (v128.load offset=16 (local.get $p)))
    (local.set $l0 (v128.load offset=0 (local.get $least)))
    (local.set $l1 (v128.load offset=16 (local.get $least)))
    (local.set $p (local.get $hashes))
    (loop $next
      (local.set $hash (v128.load32_splat (local.get $p)))
      (local.set $x0 (v128.xor (i32x4.mul (local.get $hash) (local.get $m0)) (local.get $o0)))
      (local.set $x1 (v128.xor (i32x4.mul (local.get $hash) (local.get $m1)) (local.get $o1)))
      (local.set $x0 (i32x4.mul (v128.xor (local.get $x0) (i32x4.shr_u (local.get $x0) (i32.const 16))) (local.get $c1)))
      (local.set $x1 (i32x4.mul (v128.xor (local.get $x1) (i32x4.shr_u (local.get $x1) (i32.const 16))) (local.get $c1)))
      (local.set $x0 (i32x4.mul (v128.xor (local.get $x0) (i32x4.shr_u (local.get $x0) (i32.const 13))) (local.get $c2)))
      (local.set $x1 (i32x4.mul (v128.xor (local.get $x1) (i32x4.shr_u (local.get $x1) (i32.const 13))) (local.get $c2)))
      (local.set $l0 (i32x4.min_u (local.get $l0) (v128.xor (local.get $x0) (i32x4.shr_u (local.get $x0) (i32.const 16)))))
      (local.set $l1 (i32x4.min_u (local.get $l1) (v128.xor (local.get $x1) (i32x4.shr_u (local.get $x1) (i32.const 16)))))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))
    (v128.store offset=0 (local.get $least) (local.get $l0))
    (v128.store offset=16 (local.get $least) (local.get $l1))
    (local.set $family (i32.add (local.get $family) (i32.const 32)))
    (br_if $eights (i32.lt_u (local.tee $least (i32.add (local.get $least) (i32.const 32))) (local.get $last)))))
)
