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
