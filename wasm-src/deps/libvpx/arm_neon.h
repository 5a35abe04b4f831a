/* SPDX-License-Identifier: MIT */
/* arm_neon.h - NEON for WASM: SIMDe's, with the intrinsics that weigh most in libvpx's profile written in SIMD128 directly.
 *
 * SIMDe computes 8-byte vectors lane by lane or through generic vectors that LLVM legalises badly, and misses the instructions that
 * SIMD128 shares with NEON: extending multiplies, rounding Q15 multiply, pairwise extending adds, saturating narrows. Here an 8-byte vector
 * is the low half of a v128; what is in its high half never matters. */
#ifndef PARLEY_ARM_NEON_H
#define PARLEY_ARM_NEON_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#include <wasm_simd128.h>

typedef int64_t neon_half __attribute__((vector_size(8)));
typedef int64_t neon_full __attribute__((vector_size(16)));

#define NEON static inline __attribute__((always_inline, unused))

/* 8 bytes to the low half of a v128 and back; 16 bytes as v128 and back are casts. */
NEON v128_t neon_wide(neon_half a) { return (v128_t)__builtin_shufflevector(a, a, 0, -1); }
NEON neon_half neon_low(v128_t v) { return __builtin_shufflevector((neon_full)v, (neon_full)v, 0); }
NEON neon_half neon_high(v128_t v) { return __builtin_shufflevector((neon_full)v, (neon_full)v, 1); }
#define NEON_W(a) neon_wide((neon_half)(a))
#define NEON_Q(a) ((v128_t)(a))
#define NEON_HALF(type, v) ((type)neon_low(v))
#define NEON_FULL(type, v) ((type)(v))

/* ---- multiplies that widen: c +- a * b, also with one number or one lane for b ---- */
#define NEON_MULL(s, narrow, wide, full, extmul, add, sub)                                                                         \
    NEON wide neon_mull_##s(narrow a, narrow b) { return NEON_FULL(wide, wasm_##extmul##_low_##full(NEON_W(a), NEON_W(b))); }      \
    NEON wide neon_mlal_##s(wide c, narrow a, narrow b) { return NEON_FULL(wide, add(NEON_Q(c), NEON_Q(neon_mull_##s(a, b)))); }   \
    NEON wide neon_mlsl_##s(wide c, narrow a, narrow b) { return NEON_FULL(wide, sub(NEON_Q(c), NEON_Q(neon_mull_##s(a, b)))); }
NEON_MULL(s8, int8x8_t, int16x8_t, i8x16, i16x8_extmul, wasm_i16x8_add, wasm_i16x8_sub)
NEON_MULL(u8, uint8x8_t, uint16x8_t, u8x16, u16x8_extmul, wasm_i16x8_add, wasm_i16x8_sub)
NEON_MULL(s16, int16x4_t, int32x4_t, i16x8, i32x4_extmul, wasm_i32x4_add, wasm_i32x4_sub)
NEON_MULL(u16, uint16x4_t, uint32x4_t, u16x8, u32x4_extmul, wasm_i32x4_add, wasm_i32x4_sub)
#undef vmull_s8
#undef vmull_u8
#undef vmull_s16
#undef vmull_u16
#undef vmlal_s8
#undef vmlal_u8
#undef vmlal_s16
#undef vmlal_u16
#undef vmlsl_s8
#undef vmlsl_u8
#undef vmlsl_s16
#undef vmlsl_u16
#define vmull_s8 neon_mull_s8
#define vmull_u8 neon_mull_u8
#define vmull_s16 neon_mull_s16
#define vmull_u16 neon_mull_u16
#define vmlal_s8 neon_mlal_s8
#define vmlal_u8 neon_mlal_u8
#define vmlal_s16 neon_mlal_s16
#define vmlal_u16 neon_mlal_u16
#define vmlsl_s8 neon_mlsl_s8
#define vmlsl_u8 neon_mlsl_u8
#define vmlsl_s16 neon_mlsl_s16
#define vmlsl_u16 neon_mlsl_u16

/* One lane of an 8-byte vector of 16-bit numbers, in all lanes. */
#define NEON_LANE_16(b, lane) __builtin_shufflevector(b, b, lane, lane, lane, lane)
#define NEON_LANE_16NEON_Q(b, lane) __builtin_shufflevector(b, b, lane, lane, lane, lane, lane, lane, lane, lane)
#undef vmull_n_s16
#undef vmlal_n_s16
#undef vmlsl_n_s16
#undef vmull_lane_s16
#undef vmlal_lane_s16
#undef vmlsl_lane_s16
#define vmull_n_s16(a, n) neon_mull_s16(a, vdup_n_s16(n))
#define vmlal_n_s16(c, a, n) neon_mlal_s16(c, a, vdup_n_s16(n))
#define vmlsl_n_s16(c, a, n) neon_mlsl_s16(c, a, vdup_n_s16(n))
#define vmull_lane_s16(a, b, lane) neon_mull_s16(a, NEON_LANE_16(b, lane))
#define vmlal_lane_s16(c, a, b, lane) neon_mlal_s16(c, a, NEON_LANE_16(b, lane))
#define vmlsl_lane_s16(c, a, b, lane) neon_mlsl_s16(c, a, NEON_LANE_16(b, lane))

/* ---- multiplies of equal width ---- */
#define NEON_MUL16(s, half, full)                                                                                                  \
    NEON half neon_mul_##s(half a, half b) { return NEON_HALF(half, wasm_i16x8_mul(NEON_W(a), NEON_W(b))); }                       \
    NEON half neon_mla_##s(half c, half a, half b)                                                                                 \
    {                                                                                                                              \
        return NEON_HALF(half, wasm_i16x8_add(NEON_W(c), wasm_i16x8_mul(NEON_W(a), NEON_W(b))));                                   \
    }                                                                                                                              \
    NEON half neon_mls_##s(half c, half a, half b)                                                                                 \
    {                                                                                                                              \
        return NEON_HALF(half, wasm_i16x8_sub(NEON_W(c), wasm_i16x8_mul(NEON_W(a), NEON_W(b))));                                   \
    }                                                                                                                              \
    NEON full neon_mulq_##s(full a, full b) { return NEON_FULL(full, wasm_i16x8_mul(NEON_Q(a), NEON_Q(b))); }                      \
    NEON full neon_mlaq_##s(full c, full a, full b)                                                                                \
    {                                                                                                                              \
        return NEON_FULL(full, wasm_i16x8_add(NEON_Q(c), wasm_i16x8_mul(NEON_Q(a), NEON_Q(b))));                                   \
    }                                                                                                                              \
    NEON full neon_mlsq_##s(full c, full a, full b)                                                                                \
    {                                                                                                                              \
        return NEON_FULL(full, wasm_i16x8_sub(NEON_Q(c), wasm_i16x8_mul(NEON_Q(a), NEON_Q(b))));                                   \
    }
NEON_MUL16(s16, int16x4_t, int16x8_t)
NEON_MUL16(u16, uint16x4_t, uint16x8_t)
#undef vmul_s16
#undef vmla_s16
#undef vmls_s16
#undef vmul_u16
#undef vmla_u16
#undef vmls_u16
#define vmul_s16 neon_mul_s16
#define vmla_s16 neon_mla_s16
#define vmls_s16 neon_mls_s16
#define vmul_u16 neon_mul_u16
#define vmla_u16 neon_mla_u16
#define vmls_u16 neon_mls_u16
#undef vmul_n_s16
#undef vmulq_n_s16
#undef vmul_n_u16
#undef vmulq_n_u16
#define vmul_n_s16(a, n) neon_mul_s16(a, vdup_n_s16(n))
#define vmulq_n_s16(a, n) neon_mulq_s16(a, vdupq_n_s16(n))
#define vmul_n_u16(a, n) neon_mul_u16(a, vdup_n_u16(n))
#define vmulq_n_u16(a, n) neon_mulq_u16(a, vdupq_n_u16(n))
#undef vmul_lane_s16
#undef vmla_lane_s16
#undef vmls_lane_s16
#undef vmulq_lane_s16
#undef vmlaq_lane_s16
#undef vmlsq_lane_s16
#undef vmulq_lane_u16
#undef vmlaq_lane_u16
#define vmul_lane_s16(a, b, lane) neon_mul_s16(a, NEON_LANE_16(b, lane))
#define vmla_lane_s16(c, a, b, lane) neon_mla_s16(c, a, NEON_LANE_16(b, lane))
#define vmls_lane_s16(c, a, b, lane) neon_mls_s16(c, a, NEON_LANE_16(b, lane))
#define vmulq_lane_s16(a, b, lane) neon_mulq_s16(a, NEON_LANE_16NEON_Q(b, lane))
#define vmlaq_lane_s16(c, a, b, lane) neon_mlaq_s16(c, a, NEON_LANE_16NEON_Q(b, lane))
#define vmlsq_lane_s16(c, a, b, lane) neon_mlsq_s16(c, a, NEON_LANE_16NEON_Q(b, lane))
#define vmulq_lane_u16(a, b, lane) neon_mulq_u16(a, NEON_LANE_16NEON_Q(b, lane))
#define vmlaq_lane_u16(c, a, b, lane) neon_mlaq_u16(c, a, NEON_LANE_16NEON_Q(b, lane))

/* Q15 with rounding. The one case where NEON and WASM could differ, -1 * -1, saturates in both. */
NEON int16x4_t neon_qrdmulh(int16x4_t a, int16x4_t b) { return NEON_HALF(int16x4_t, wasm_i16x8_q15mulr_sat(NEON_W(a), NEON_W(b))); }
NEON int16x8_t neon_qrdmulhq(int16x8_t a, int16x8_t b)
{
    return NEON_FULL(int16x8_t, wasm_i16x8_q15mulr_sat(NEON_Q(a), NEON_Q(b)));
}
#undef vqrdmulh_s16
#undef vqrdmulh_n_s16
#undef vqrdmulh_lane_s16
#undef vqrdmulhq_s16
#undef vqrdmulhq_n_s16
#undef vqrdmulhq_lane_s16
#define vqrdmulh_s16 neon_qrdmulh
#define vqrdmulh_n_s16(a, n) neon_qrdmulh(a, vdup_n_s16(n))
#define vqrdmulh_lane_s16(a, b, lane) neon_qrdmulh(a, NEON_LANE_16(b, lane))
#define vqrdmulhq_s16 neon_qrdmulhq
#define vqrdmulhq_n_s16(a, n) neon_qrdmulhq(a, vdupq_n_s16(n))
#define vqrdmulhq_lane_s16(a, b, lane) neon_qrdmulhq(a, NEON_LANE_16NEON_Q(b, lane))

/* Q15 without rounding: (2 * a * b) >> 16, saturated. */
NEON int16x8_t neon_qdmulhq(int16x8_t a, int16x8_t b)
{
    v128_t low = wasm_i32x4_shr(wasm_i32x4_extmul_low_i16x8(NEON_Q(a), NEON_Q(b)), 15);
    v128_t high = wasm_i32x4_shr(wasm_i32x4_extmul_high_i16x8(NEON_Q(a), NEON_Q(b)), 15);
    return NEON_FULL(int16x8_t, wasm_i16x8_narrow_i32x4(low, high));
}
#undef vqdmulhq_s16
#undef vqdmulhq_n_s16
#define vqdmulhq_s16 neon_qdmulhq
#define vqdmulhq_n_s16(a, n) neon_qdmulhq(a, vdupq_n_s16(n))

/* ---- narrowing ---- */
NEON v128_t neon_even_8(v128_t v) { return wasm_i8x16_shuffle(v, v, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14); }
NEON v128_t neon_even_16(v128_t v) { return wasm_i16x8_shuffle(v, v, 0, 2, 4, 6, 0, 2, 4, 6); }
#undef vmovn_s16
#undef vmovn_u16
#undef vmovn_s32
#undef vmovn_u32
#define vmovn_s16(a) NEON_HALF(int8x8_t, neon_even_8(NEON_Q(a)))
#define vmovn_u16(a) NEON_HALF(uint8x8_t, neon_even_8(NEON_Q(a)))
#define vmovn_s32(a) NEON_HALF(int16x4_t, neon_even_16(NEON_Q(a)))
#define vmovn_u32(a) NEON_HALF(uint16x4_t, neon_even_16(NEON_Q(a)))
#undef vshrn_n_s16
#undef vshrn_n_u16
#undef vshrn_n_s32
#undef vshrn_n_u32
#define vshrn_n_s16(a, n) NEON_HALF(int8x8_t, neon_even_8(wasm_i16x8_shr(NEON_Q(a), n)))
#define vshrn_n_u16(a, n) NEON_HALF(uint8x8_t, neon_even_8(wasm_u16x8_shr(NEON_Q(a), n)))
#define vshrn_n_s32(a, n) NEON_HALF(int16x4_t, neon_even_16(wasm_i32x4_shr(NEON_Q(a), n)))
#define vshrn_n_u32(a, n) NEON_HALF(uint16x4_t, neon_even_16(wasm_u32x4_shr(NEON_Q(a), n)))

/* v / 2^n, halves up, with no overflow on the way: the shifted number plus the last bit that was shifted out. */
NEON v128_t neon_round_s16(v128_t v, int n)
{
    return wasm_i16x8_add(wasm_i16x8_shr(v, n), wasm_v128_and(wasm_u16x8_shr(v, n - 1), wasm_i16x8_splat(1)));
}
NEON v128_t neon_round_u16(v128_t v, int n)
{
    return wasm_i16x8_add(wasm_u16x8_shr(v, n), wasm_v128_and(wasm_u16x8_shr(v, n - 1), wasm_i16x8_splat(1)));
}
NEON v128_t neon_round_s32(v128_t v, int n)
{
    return wasm_i32x4_add(wasm_i32x4_shr(v, n), wasm_v128_and(wasm_u32x4_shr(v, n - 1), wasm_i32x4_splat(1)));
}
NEON v128_t neon_round_u32(v128_t v, int n)
{
    return wasm_i32x4_add(wasm_u32x4_shr(v, n), wasm_v128_and(wasm_u32x4_shr(v, n - 1), wasm_i32x4_splat(1)));
}
#undef vrshrn_n_s16
#undef vrshrn_n_u16
#undef vrshrn_n_s32
#undef vrshrn_n_u32
#define vrshrn_n_s16(a, n) NEON_HALF(int8x8_t, neon_even_8(neon_round_s16(NEON_Q(a), n)))
#define vrshrn_n_u16(a, n) NEON_HALF(uint8x8_t, neon_even_8(neon_round_u16(NEON_Q(a), n)))
#define vrshrn_n_s32(a, n) NEON_HALF(int16x4_t, neon_even_16(neon_round_s32(NEON_Q(a), n)))
#define vrshrn_n_u32(a, n) NEON_HALF(uint16x4_t, neon_even_16(neon_round_u32(NEON_Q(a), n)))
#undef vrshrq_n_s16
#undef vrshrq_n_u16
#undef vrshrq_n_s32
#define vrshrq_n_s16(a, n) NEON_FULL(int16x8_t, neon_round_s16(NEON_Q(a), n))
#define vrshrq_n_u16(a, n) NEON_FULL(uint16x8_t, neon_round_u16(NEON_Q(a), n))
#define vrshrq_n_s32(a, n) NEON_FULL(int32x4_t, neon_round_s32(NEON_Q(a), n))

NEON v128_t neon_sat_s8(v128_t v) { return wasm_i8x16_narrow_i16x8(v, v); }
NEON v128_t neon_sat_u8(v128_t v) { return wasm_u8x16_narrow_i16x8(v, v); }
NEON v128_t neon_sat_s16(v128_t v) { return wasm_i16x8_narrow_i32x4(v, v); }
NEON v128_t neon_sat_u16(v128_t v) { return wasm_u16x8_narrow_i32x4(v, v); }
NEON v128_t neon_min_u8(v128_t v) { return wasm_u16x8_min(v, wasm_i16x8_splat(255)); } /* narrow reads its input as signed */
#undef vqmovn_s16
#undef vqmovn_u16
#undef vqmovn_s32
#undef vqmovun_s16
#undef vqmovun_s32
#define vqmovn_s16(a) NEON_HALF(int8x8_t, neon_sat_s8(NEON_Q(a)))
#define vqmovn_u16(a) NEON_HALF(uint8x8_t, neon_sat_u8(neon_min_u8(NEON_Q(a))))
#define vqmovn_s32(a) NEON_HALF(int16x4_t, neon_sat_s16(NEON_Q(a)))
#define vqmovun_s16(a) NEON_HALF(uint8x8_t, neon_sat_u8(NEON_Q(a)))
#define vqmovun_s32(a) NEON_HALF(uint16x4_t, neon_sat_u16(NEON_Q(a)))
#undef vqshrun_n_s16
#undef vqrshrn_n_s16
#undef vqrshrn_n_u16
#undef vqrshrn_n_s32
#undef vqrshrun_n_s16
#undef vqrshrun_n_s32
#define vqshrun_n_s16(a, n) NEON_HALF(uint8x8_t, neon_sat_u8(wasm_i16x8_shr(NEON_Q(a), n)))
#define vqrshrn_n_s16(a, n) NEON_HALF(int8x8_t, neon_sat_s8(neon_round_s16(NEON_Q(a), n)))
#define vqrshrn_n_u16(a, n) NEON_HALF(uint8x8_t, neon_sat_u8(neon_min_u8(neon_round_u16(NEON_Q(a), n))))
#define vqrshrn_n_s32(a, n) NEON_HALF(int16x4_t, neon_sat_s16(neon_round_s32(NEON_Q(a), n)))
#define vqrshrun_n_s16(a, n) NEON_HALF(uint8x8_t, neon_sat_u8(neon_round_s16(NEON_Q(a), n)))
#define vqrshrun_n_s32(a, n) NEON_HALF(uint16x4_t, neon_sat_u16(neon_round_s32(NEON_Q(a), n)))

/* ---- widening, and differences ---- */
#define NEON_WIDEN(s, narrow, wide, extend, add, sub)                                                                              \
    NEON wide neon_movl_##s(narrow a) { return NEON_FULL(wide, extend(NEON_W(a))); }                                               \
    NEON wide neon_addl_##s(narrow a, narrow b) { return NEON_FULL(wide, add(extend(NEON_W(a)), extend(NEON_W(b)))); }             \
    NEON wide neon_subl_##s(narrow a, narrow b) { return NEON_FULL(wide, sub(extend(NEON_W(a)), extend(NEON_W(b)))); }             \
    NEON wide neon_addw_##s(wide a, narrow b) { return NEON_FULL(wide, add(NEON_Q(a), extend(NEON_W(b)))); }                       \
    NEON wide neon_subw_##s(wide a, narrow b) { return NEON_FULL(wide, sub(NEON_Q(a), extend(NEON_W(b)))); }
NEON_WIDEN(s8, int8x8_t, int16x8_t, wasm_i16x8_extend_low_i8x16, wasm_i16x8_add, wasm_i16x8_sub)
NEON_WIDEN(u8, uint8x8_t, uint16x8_t, wasm_u16x8_extend_low_u8x16, wasm_i16x8_add, wasm_i16x8_sub)
NEON_WIDEN(s16, int16x4_t, int32x4_t, wasm_i32x4_extend_low_i16x8, wasm_i32x4_add, wasm_i32x4_sub)
NEON_WIDEN(u16, uint16x4_t, uint32x4_t, wasm_u32x4_extend_low_u16x8, wasm_i32x4_add, wasm_i32x4_sub)
#undef vmovl_s8
#undef vmovl_u8
#undef vmovl_s16
#undef vmovl_u16
#undef vaddl_s8
#undef vaddl_u8
#undef vaddl_s16
#undef vaddl_u16
#undef vsubl_s8
#undef vsubl_u8
#undef vsubl_s16
#undef vsubl_u16
#undef vaddw_s8
#undef vaddw_u8
#undef vaddw_s16
#undef vaddw_u16
#undef vsubw_s8
#undef vsubw_u8
#undef vsubw_s16
#undef vsubw_u16
#define vmovl_s8 neon_movl_s8
#define vmovl_u8 neon_movl_u8
#define vmovl_s16 neon_movl_s16
#define vmovl_u16 neon_movl_u16
#define vaddl_s8 neon_addl_s8
#define vaddl_u8 neon_addl_u8
#define vaddl_s16 neon_addl_s16
#define vaddl_u16 neon_addl_u16
#define vsubl_s8 neon_subl_s8
#define vsubl_u8 neon_subl_u8
#define vsubl_s16 neon_subl_s16
#define vsubl_u16 neon_subl_u16
#define vaddw_s8 neon_addw_s8
#define vaddw_u8 neon_addw_u8
#define vaddw_s16 neon_addw_s16
#define vaddw_u16 neon_addw_u16
#define vsubw_s8 neon_subw_s8
#define vsubw_u8 neon_subw_u8
#define vsubw_s16 neon_subw_s16
#define vsubw_u16 neon_subw_u16

NEON v128_t neon_absdiff(v128_t a, v128_t b) { return wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a)); }
#undef vabd_u8
#undef vabdq_u8
#undef vabdl_u8
#undef vabal_u8
#define vabd_u8(a, b) NEON_HALF(uint8x8_t, neon_absdiff(NEON_W(a), NEON_W(b)))
#define vabdq_u8(a, b) NEON_FULL(uint8x16_t, neon_absdiff(NEON_Q(a), NEON_Q(b)))
#define vabdl_u8(a, b) NEON_FULL(uint16x8_t, wasm_u16x8_extend_low_u8x16(neon_absdiff(NEON_W(a), NEON_W(b))))
#define vabal_u8(c, a, b)                                                                                                          \
    NEON_FULL(uint16x8_t, wasm_i16x8_add(NEON_Q(c), wasm_u16x8_extend_low_u8x16(neon_absdiff(NEON_W(a), NEON_W(b)))))

/* ---- sums of neighbours, and of all lanes ---- */
#undef vpaddlq_u8
#undef vpaddlq_u16
#undef vpaddlq_s16
#undef vpadalq_u8
#undef vpadalq_u16
#undef vpadalq_s16
#define vpaddlq_u8(a) NEON_FULL(uint16x8_t, wasm_u16x8_extadd_pairwise_u8x16(NEON_Q(a)))
#define vpaddlq_u16(a) NEON_FULL(uint32x4_t, wasm_u32x4_extadd_pairwise_u16x8(NEON_Q(a)))
#define vpaddlq_s16(a) NEON_FULL(int32x4_t, wasm_i32x4_extadd_pairwise_i16x8(NEON_Q(a)))
#define vpadalq_u8(c, a) NEON_FULL(uint16x8_t, wasm_i16x8_add(NEON_Q(c), wasm_u16x8_extadd_pairwise_u8x16(NEON_Q(a))))
#define vpadalq_u16(c, a) NEON_FULL(uint32x4_t, wasm_i32x4_add(NEON_Q(c), wasm_u32x4_extadd_pairwise_u16x8(NEON_Q(a))))
#define vpadalq_s16(c, a) NEON_FULL(int32x4_t, wasm_i32x4_add(NEON_Q(c), wasm_i32x4_extadd_pairwise_i16x8(NEON_Q(a))))
NEON int32_t neon_sum_32(v128_t v)
{
    v = wasm_i32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
    v = wasm_i32x4_add(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
    return wasm_i32x4_extract_lane(v, 0);
}
#undef vaddvq_s32
#undef vaddvq_u32
#undef vaddlvq_s16
#undef vaddlvq_u16
#undef vaddlvq_u8
#define vaddvq_s32(a) neon_sum_32(NEON_Q(a))
#define vaddvq_u32(a) ((uint32_t)neon_sum_32(NEON_Q(a)))
#define vaddlvq_s16(a) neon_sum_32(wasm_i32x4_extadd_pairwise_i16x8(NEON_Q(a)))
#define vaddlvq_u16(a) ((uint32_t)neon_sum_32(wasm_u32x4_extadd_pairwise_u16x8(NEON_Q(a))))
#define vaddlvq_u8(a) ((uint16_t)neon_sum_32(wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(NEON_Q(a)))))

/* ---- interleaving: trn, zip, uzp. NEON_PAIR makes both results of one operation from two shuffles of v128. ---- */
#define NEON_PAIR(name, type, pair, wide, back, lanes, first, second)                                                              \
    NEON pair neon_##name(type a, type b)                                                                                          \
    {                                                                                                                              \
        v128_t x = wide(a), y = wide(b);                                                                                           \
        return (pair){{back(type, lanes(x, y, NEON_LIST first)), back(type, lanes(x, y, NEON_LIST second))}};                      \
    }
#define NEON_LIST(...) __VA_ARGS__
#define NEON_SHUFFLE_8(x, y, ...) NEON_CALL(wasm_i8x16_shuffle, x, y, __VA_ARGS__)
#define NEON_SHUFFLE_16(x, y, ...) NEON_CALL(wasm_i16x8_shuffle, x, y, __VA_ARGS__)
#define NEON_SHUFFLE_32(x, y, ...) NEON_CALL(wasm_i32x4_shuffle, x, y, __VA_ARGS__)
#define NEON_CALL(shuffle, ...) shuffle(__VA_ARGS__)

#define NEON_PAIRS_8(s, half, pair, full, pairq)                                                                                   \
    NEON_PAIR(trn_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_8, (0, 16, 2, 18, 4, 20, 6, 22, 0, 0, 0, 0, 0, 0, 0, 0),        \
              (1, 17, 3, 19, 5, 21, 7, 23, 0, 0, 0, 0, 0, 0, 0, 0))                                                                \
    NEON_PAIR(zip_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_8, (0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 0, 0, 0, 0),        \
              (4, 20, 5, 21, 6, 22, 7, 23, 0, 0, 0, 0, 0, 0, 0, 0))                                                                \
    NEON_PAIR(uzp_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_8, (0, 2, 4, 6, 16, 18, 20, 22, 0, 0, 0, 0, 0, 0, 0, 0),        \
              (1, 3, 5, 7, 17, 19, 21, 23, 0, 0, 0, 0, 0, 0, 0, 0))                                                                \
    NEON_PAIR(trnq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_8,                                                            \
              (0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),                                                         \
              (1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))                                                         \
    NEON_PAIR(zipq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_8, (0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),  \
              (8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))                                                      \
    NEON_PAIR(uzpq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_8,                                                            \
              (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),                                                         \
              (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#define NEON_PAIRS_16(s, half, pair, full, pairq)                                                                                  \
    NEON_PAIR(trn_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_16, (0, 8, 2, 10, 0, 0, 0, 0), (1, 9, 3, 11, 0, 0, 0, 0))       \
    NEON_PAIR(zip_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_16, (0, 8, 1, 9, 0, 0, 0, 0), (2, 10, 3, 11, 0, 0, 0, 0))       \
    NEON_PAIR(uzp_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_16, (0, 2, 8, 10, 0, 0, 0, 0), (1, 3, 9, 11, 0, 0, 0, 0))       \
    NEON_PAIR(trnq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_16, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)) \
    NEON_PAIR(zipq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_16, (0, 8, 1, 9, 2, 10, 3, 11), (4, 12, 5, 13, 6, 14, 7, 15)) \
    NEON_PAIR(uzpq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_16, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15))
#define NEON_PAIRS_32(s, half, pair, full, pairq)                                                                                  \
    NEON_PAIR(trn_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_32, (0, 4, 0, 0), (1, 5, 0, 0))                                 \
    NEON_PAIR(zip_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_32, (0, 4, 0, 0), (1, 5, 0, 0))                                 \
    NEON_PAIR(uzp_##s, half, pair, NEON_W, NEON_HALF, NEON_SHUFFLE_32, (0, 4, 0, 0), (1, 5, 0, 0))                                 \
    NEON_PAIR(trnq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_32, (0, 4, 2, 6), (1, 5, 3, 7))                               \
    NEON_PAIR(zipq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_32, (0, 4, 1, 5), (2, 6, 3, 7))                               \
    NEON_PAIR(uzpq_##s, full, pairq, NEON_Q, NEON_FULL, NEON_SHUFFLE_32, (0, 2, 4, 6), (1, 3, 5, 7))
NEON_PAIRS_8(s8, int8x8_t, int8x8x2_t, int8x16_t, int8x16x2_t)
NEON_PAIRS_8(u8, uint8x8_t, uint8x8x2_t, uint8x16_t, uint8x16x2_t)
NEON_PAIRS_16(s16, int16x4_t, int16x4x2_t, int16x8_t, int16x8x2_t)
NEON_PAIRS_16(u16, uint16x4_t, uint16x4x2_t, uint16x8_t, uint16x8x2_t)
NEON_PAIRS_32(s32, int32x2_t, int32x2x2_t, int32x4_t, int32x4x2_t)
NEON_PAIRS_32(u32, uint32x2_t, uint32x2x2_t, uint32x4_t, uint32x4x2_t)
#undef vtrn_s8
#undef vzip_s8
#undef vuzp_s8
#undef vtrnq_s8
#undef vzipq_s8
#undef vuzpq_s8
#undef vtrn_u8
#undef vzip_u8
#undef vuzp_u8
#undef vtrnq_u8
#undef vzipq_u8
#undef vuzpq_u8
#undef vtrn_s16
#undef vzip_s16
#undef vuzp_s16
#undef vtrnq_s16
#undef vzipq_s16
#undef vuzpq_s16
#undef vtrn_u16
#undef vzip_u16
#undef vuzp_u16
#undef vtrnq_u16
#undef vzipq_u16
#undef vuzpq_u16
#undef vtrn_s32
#undef vzip_s32
#undef vuzp_s32
#undef vtrnq_s32
#undef vzipq_s32
#undef vuzpq_s32
#undef vtrn_u32
#undef vzip_u32
#undef vuzp_u32
#undef vtrnq_u32
#undef vzipq_u32
#undef vuzpq_u32
#define vtrn_s8 neon_trn_s8
#define vzip_s8 neon_zip_s8
#define vuzp_s8 neon_uzp_s8
#define vtrnq_s8 neon_trnq_s8
#define vzipq_s8 neon_zipq_s8
#define vuzpq_s8 neon_uzpq_s8
#define vtrn_u8 neon_trn_u8
#define vzip_u8 neon_zip_u8
#define vuzp_u8 neon_uzp_u8
#define vtrnq_u8 neon_trnq_u8
#define vzipq_u8 neon_zipq_u8
#define vuzpq_u8 neon_uzpq_u8
#define vtrn_s16 neon_trn_s16
#define vzip_s16 neon_zip_s16
#define vuzp_s16 neon_uzp_s16
#define vtrnq_s16 neon_trnq_s16
#define vzipq_s16 neon_zipq_s16
#define vuzpq_s16 neon_uzpq_s16
#define vtrn_u16 neon_trn_u16
#define vzip_u16 neon_zip_u16
#define vuzp_u16 neon_uzp_u16
#define vtrnq_u16 neon_trnq_u16
#define vzipq_u16 neon_zipq_u16
#define vuzpq_u16 neon_uzpq_u16
#define vtrn_s32 neon_trn_s32
#define vzip_s32 neon_zip_s32
#define vuzp_s32 neon_uzp_s32
#define vtrnq_s32 neon_trnq_s32
#define vzipq_s32 neon_zipq_s32
#define vuzpq_s32 neon_uzpq_s32
#define vtrn_u32 neon_trn_u32
#define vzip_u32 neon_zip_u32
#define vuzp_u32 neon_uzp_u32
#define vtrnq_u32 neon_trnq_u32
#define vzipq_u32 neon_zipq_u32
#define vuzpq_u32 neon_uzpq_u32

#endif
