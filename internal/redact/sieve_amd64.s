#include "textflag.h"

DATA signs<>+0(SB)/8, $0x4040404040404040
GLOBL signs<>(SB), RODATA|NOPTR, $8

// PLACE looks up the bytes at place k: by their lower six bits, 64 at once. What
// is left in Z0 and Z1 are the buckets that know all places so far.
#define PLACE(k, first, others) \
	VMOVDQU64 k(SI)(AX*1), Z2 \
	VPERMB first, Z2, Z3 \
	VPERMB others, Z2, Z4 \
	VPANDQ Z3, Z0, Z0 \
	VPANDQ Z4, Z1, Z1

// func sift(b *byte, n int, tables *[window][2][64]byte) (at int, hits uint64)
//
// AVX512BW and AVX512VBMI. The tables are in Z6 to Z15; registers from Z16 on
// would stay in use behind VZEROUPPER.
TEXT ·sift(SB), NOSPLIT, $0-40
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ tables+16(FP), DI
	VMOVDQU64 0(DI), Z6
	VMOVDQU64 64(DI), Z7
	VMOVDQU64 128(DI), Z8
	VMOVDQU64 192(DI), Z9
	VMOVDQU64 256(DI), Z10
	VMOVDQU64 320(DI), Z11
	VMOVDQU64 384(DI), Z12
	VMOVDQU64 448(DI), Z13
	VMOVDQU64 512(DI), Z14
	VMOVDQU64 576(DI), Z15
	VPBROADCASTQ signs<>(SB), Z5
	XORQ AX, AX

loop:
	VMOVDQU64 0(SI)(AX*1), Z2
	VPERMB Z6, Z2, Z0
	VPERMB Z7, Z2, Z1
	VPCMPEQB Z5, Z2, K2
	PLACE(1, Z8, Z9)
	PLACE(2, Z10, Z11)
	PLACE(3, Z12, Z13)
	PLACE(4, Z14, Z15)
	VPORQ Z0, Z1, Z0
	VPTESTMB Z0, Z0, K1
	KORTESTQ K1, K2
	JNZ found
	ADDQ $64, AX
	CMPQ AX, CX
	JLT loop
	VZEROUPPER
	MOVQ CX, at+24(FP)
	MOVQ $0, hits+32(FP)
	RET

found:
	KORQ K1, K2, K1
	KMOVQ K1, DX
	VZEROUPPER
	MOVQ AX, at+24(FP)
	MOVQ DX, hits+32(FP)
	RET
