#include "textflag.h"

DATA quotes<>+0(SB)/8, $0x2222222222222222
DATA quotes<>+8(SB)/8, $0x2222222222222222
GLOBL quotes<>(SB), RODATA|NOPTR, $16

DATA slashes<>+0(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA slashes<>+8(SB)/8, $0x5c5c5c5c5c5c5c5c
GLOBL slashes<>(SB), RODATA|NOPTR, $16

DATA controls<>+0(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA controls<>+8(SB)/8, $0x1f1f1f1f1f1f1f1f
GLOBL controls<>(SB), RODATA|NOPTR, $16

// func escape16(dst, src *byte, n int, rows *[256][16]byte, wide int) (done, written int)
//
// SSSE3 and POPCNT. Each eight bytes are spread over sixteen by a row of rows,
// chosen by the mask of those that need a backslash: its indices below eight
// take bytes of the text, index eight takes a backslash.
TEXT ·escape16(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R9
	MOVQ rows+24(FP), R8
	MOVQ wide+32(FP), R12
	MOVQ SI, R10
	MOVQ DI, R11
	MOVOU quotes<>(SB), X13
	MOVOU slashes<>(SB), X14
	MOVOU controls<>(SB), X15

loop:
	SUBQ $16, R9
	JLT  end
	MOVOU (SI), X0

	// Control characters, and what is not ASCII unless wide is 0, end it.
	MOVO X0, X1
	PMINUB X15, X1
	PCMPEQB X0, X1
	PMOVMSKB X1, BX
	PMOVMSKB X0, CX
	ANDL R12, CX
	ORL  CX, BX
	JNZ  end

	MOVO X0, X2
	PCMPEQB X13, X2
	MOVO X0, X3
	PCMPEQB X14, X3
	POR  X3, X2
	PMOVMSKB X2, AX

	MOVBLZX AX, CX
	MOVO X0, X4
	PUNPCKLQDQ X14, X4
	MOVQ CX, DX
	SHLQ $4, DX
	MOVOU (R8)(DX*1), X5
	PSHUFB X5, X4
	MOVOU X4, (DI)
	POPCNTL CX, CX
	LEAQ 8(DI)(CX*1), DI

	SHRL $8, AX
	PSRLO $8, X0
	PUNPCKLQDQ X14, X0
	MOVQ AX, DX
	SHLQ $4, DX
	MOVOU (R8)(DX*1), X5
	PSHUFB X5, X0
	MOVOU X0, (DI)
	POPCNTL AX, AX
	LEAQ 8(DI)(AX*1), DI

	ADDQ $16, SI
	JMP  loop

end:
	SUBQ R10, SI
	SUBQ R11, DI
	MOVQ SI, done+40(FP)
	MOVQ DI, written+48(FP)
	RET

DATA space<>+0(SB)/8, $0x2020202020202020
GLOBL space<>(SB), RODATA|NOPTR, $8

DATA backslash<>+0(SB)/8, $0x005c005c005c005c
GLOBL backslash<>(SB), RODATA|NOPTR, $8

// func escape32(dst, src *byte, n int, wide int) (done, written int)
//
// AVX512BW, AVX512VL, AVX512VBMI2, BMI2 and POPCNT. Each byte becomes two, a
// backslash and itself; those backslashes that are not needed are then pressed
// out.
TEXT ·escape32(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R9
	MOVQ wide+24(FP), R12
	MOVQ SI, R10
	MOVQ DI, R11
	MOVQ $0x5555555555555555, R13
	MOVQ $0xAAAAAAAAAAAAAAAA, R8
	VPBROADCASTQ quotes<>(SB), Y13
	VPBROADCASTQ slashes<>(SB), Y14
	VPBROADCASTQ space<>(SB), Y15
	VPBROADCASTQ backslash<>(SB), Z12

loop:
	SUBQ $32, R9
	JLT  end
	VMOVDQU (SI), Y0

	// Control characters, and what is not ASCII unless wide is 0, end it.
	VPCMPUB $1, Y15, Y0, K1
	VPMOVB2M Y0, K2
	KMOVD K1, BX
	KMOVD K2, CX
	ANDL R12, CX
	ORL  CX, BX
	JNZ  end

	VPCMPEQB Y13, Y0, K3
	VPCMPEQB Y14, Y0, K4
	KORD K3, K4, K3
	KMOVD K3, AX
	VPMOVZXBW Y0, Z1
	VPSLLW $8, Z1, Z1
	VPORQ Z12, Z1, Z1
	PDEPQ R13, AX, DX
	ORQ  R8, DX
	KMOVQ DX, K5
	VPCOMPRESSB.Z Z1, K5, Z2
	VMOVDQU64 Z2, (DI)
	POPCNTL AX, CX
	LEAQ 32(DI)(CX*1), DI
	ADDQ $32, SI
	JMP  loop

end:
	VZEROUPPER
	SUBQ R10, SI
	SUBQ R11, DI
	MOVQ SI, done+32(FP)
	MOVQ DI, written+40(FP)
	RET
