// mathjs: expressions, matrices, units, symbols.
import { all, create } from 'mathjs';
const math = create(all, { randomSeed: 'a' });
console.log(math.evaluate('a = 3; b = a ^ 2 cm to mm').toString(), math.derivative('x ^ 2 + 3 x', 'x').toString());
console.log(math.inv([[1, 2], [3, 4]]), math.simplify('2x + 3x').toString(), math.random());
console.log(math.bignumber(1).div(3).toString(), math.complex(1, 2).mul(3).toString(), math.fraction(1, 3));
try {
  math.evaluate('1 +');
} catch (error) {
  console.log(error.name, error.message);
}
