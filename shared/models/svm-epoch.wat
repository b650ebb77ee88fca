;; One epoch of dual coordinate descent over rows that lie as svm-memory.ts puts them: doubles, but for the values of the rows, which are
;; single. Addresses in bytes.
;; Assembled in svm-epoch-wasm.ts, with wat2wasm and base64.
(module
(import "env" "memory" (memory 1))
;; start + Σ value · weight over the cells of a row: its column's offset into the weights, and its value.
(func $margin (param $at i32) (param $end i32) (param $weights i32) (param $start f64) (result f64)
  (block $finished (loop $next
    (br_if $finished (i32.ge_u (local.get $at) (local.get $end)))
    (local.set $start (f64.add (local.get $start) (f64.mul
      (f64.load (i32.add (local.get $weights) (i32.load (local.get $at))))
      (f64.promote_f32 (f32.load offset=4 (local.get $at))))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $next)))
  (local.get $start))
;; weight += by · value over the cells of a row.
(func $move (param $at i32) (param $end i32) (param $weights i32) (param $by f64)
  (local $p i32)
  (block $finished (loop $next
    (br_if $finished (i32.ge_u (local.get $at) (local.get $end)))
    (local.set $p (i32.add (local.get $weights) (i32.load (local.get $at))))
    (f64.store (local.get $p) (f64.add (f64.load (local.get $p)) (f64.mul (local.get $by) (f64.promote_f32 (f32.load offset=4 (local.get $at))))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $next))))
;; The algorithm, as svm-epoch.ts has it for engines without WebAssembly. state: intercept, objective, bound, most and least as doubles, then the count of
;; active rows and the number drawn last.
(func (export "runEpoch") (param $state i32) (param $order i32) (param $indptr i32) (param $cells i32) (param $squares i32) (param $slack i32) (param $signs i32) (param $multipliers i32) (param $weights i32) (param $bias f64)
  (local $at i32) (local $active i32) (local $drawn i32) (local $p i32) (local $q i32) (local $row i32) (local $from i32) (local $to i32) (local $place i32)
  (local $most f64) (local $least f64) (local $intercept f64) (local $objective f64) (local $bound f64) (local $margin f64) (local $before f64) (local $gradient f64) (local $sign f64) (local $curvature f64) (local $after f64) (local $step f64) (local $change f64)
  (local.set $active (i32.load offset=40 (local.get $state)))
  (local.set $drawn (i32.load offset=44 (local.get $state)))
  (local.set $intercept (f64.load (local.get $state)))
  (local.set $objective (f64.load offset=8 (local.get $state)))
  (local.set $bound (f64.load offset=16 (local.get $state)))
  (local.set $most (f64.const -inf)) (local.set $least (f64.const inf))
  (block $shuffled (loop $draws
    (br_if $shuffled (i32.ge_u (local.get $at) (local.get $active)))
    (local.set $drawn (i32.add (i32.mul (local.get $drawn) (i32.const 1664525)) (i32.const 1013904223)))
    (local.set $p (i32.add (local.get $order) (i32.shl (local.get $at) (i32.const 2))))
    (local.set $q (i32.add (local.get $p) (i32.shl (i32.trunc_f64_u (f64.mul (f64.mul (f64.convert_i32_u (local.get $drawn)) (f64.const 0x1p-32)) (f64.convert_i32_u (i32.sub (local.get $active) (local.get $at))))) (i32.const 2))))
    (local.set $row (i32.load (local.get $q)))
    (i32.store (local.get $q) (i32.load (local.get $p)))
    (i32.store (local.get $p) (local.get $row))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br $draws)))
  (local.set $at (i32.const 0))
  (block $finished (loop $rows
    (br_if $finished (i32.ge_u (local.get $at) (local.get $active)))
    (local.set $p (i32.add (local.get $order) (i32.shl (local.get $at) (i32.const 2))))
    (local.set $row (i32.load (local.get $p)))
    (local.set $q (i32.add (local.get $indptr) (i32.shl (local.get $row) (i32.const 2))))
    (local.set $from (i32.add (local.get $cells) (i32.shl (i32.load (local.get $q)) (i32.const 3))))
    (local.set $to (i32.add (local.get $cells) (i32.shl (i32.load offset=4 (local.get $q)) (i32.const 3))))
    (local.set $place (i32.shl (local.get $row) (i32.const 3)))
    (local.set $margin (call $margin (local.get $from) (local.get $to) (local.get $weights) (f64.mul (local.get $bias) (local.get $intercept))))
    (local.set $before (f64.load (i32.add (local.get $multipliers) (local.get $place))))
    (local.set $sign (f64.load (i32.add (local.get $signs) (local.get $place))))
    (local.set $gradient (f64.add (f64.sub (f64.mul (local.get $sign) (local.get $margin)) (f64.const 1)) (f64.mul (f64.load (i32.add (local.get $slack) (local.get $place))) (local.get $before))))
    (if (i32.and (f64.eq (local.get $before) (f64.const 0)) (f64.gt (local.get $gradient) (f64.const 0))) (then
      (if (f64.gt (local.get $gradient) (local.get $bound)) (then
        (local.set $active (i32.sub (local.get $active) (i32.const 1)))
        (local.set $q (i32.add (local.get $order) (i32.shl (local.get $active) (i32.const 2))))
        (i32.store (local.get $p) (i32.load (local.get $q)))
        (i32.store (local.get $q) (local.get $row))
        (br $rows)))
      (local.set $most (f64.max (local.get $most) (f64.const 0)))
      (local.set $least (f64.min (local.get $least) (f64.const 0))))
    (else
      (local.set $most (select (local.get $gradient) (local.get $most) (f64.gt (local.get $gradient) (local.get $most))))
      (local.set $least (select (local.get $gradient) (local.get $least) (f64.lt (local.get $gradient) (local.get $least))))
      (local.set $curvature (f64.add (f64.load (i32.add (local.get $squares) (local.get $place))) (f64.load (i32.add (local.get $slack) (local.get $place)))))
      (if (f64.ne (local.get $curvature) (f64.const 0)) (then
        (local.set $after (f64.max (f64.sub (local.get $before) (f64.div (local.get $gradient) (local.get $curvature))) (f64.const 0)))
        (local.set $step (f64.sub (local.get $after) (local.get $before)))
        (if (f64.ne (local.get $step) (f64.const 0)) (then
          (f64.store (i32.add (local.get $multipliers) (local.get $place)) (local.get $after))
          (local.set $objective (f64.add (local.get $objective) (f64.mul (local.get $step) (f64.add (local.get $gradient) (f64.mul (f64.mul (local.get $step) (local.get $curvature)) (f64.const 0.5))))))
          (local.set $change (f64.mul (local.get $sign) (local.get $step)))
          (local.set $intercept (f64.add (local.get $intercept) (f64.mul (local.get $bias) (local.get $change))))
          (call $move (local.get $from) (local.get $to) (local.get $weights) (local.get $change))))))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br $rows)))
  (i32.store offset=40 (local.get $state) (local.get $active))
  (i32.store offset=44 (local.get $state) (local.get $drawn))
  (f64.store (local.get $state) (local.get $intercept))
  (f64.store offset=8 (local.get $state) (local.get $objective))
  (f64.store offset=24 (local.get $state) (local.get $most))
  (f64.store offset=32 (local.get $state) (local.get $least)))
)
