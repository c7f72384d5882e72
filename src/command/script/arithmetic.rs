//! `$((…))` and `((…))`, with the shell's whole numbers of 64 bits.

use super::{Operator, Shell, Source, Stuck};
use shuck_ast::{
    ArithmeticAssignOp, ArithmeticBinaryOp, ArithmeticExpr, ArithmeticExprNode, ArithmeticLvalue, ArithmeticPostfixOp, ArithmeticUnaryOp,
};
use std::sync::Arc;

impl<O: Operator> Shell<'_, O> {
    /// What an expression comes to.
    pub(super) fn arithmetic(&mut self, source: &Arc<Source>, node: &ArithmeticExprNode) -> Result<i64, Stuck> {
        self.depth += 1;
        let value = if self.depth > super::DEPTH_MOST { Err(Stuck::on("so deep an expression")) } else { self.expression(source, node) };
        self.depth -= 1;
        value
    }

    fn number(&self, text: &str) -> Result<i64, Stuck> {
        let text = text.trim();
        if let Some(unseen) = super::words::unseen_in(text) {
            return Err(Stuck::On(super::words::hangs_on(unseen)));
        }
        if text.is_empty() {
            return Ok(0);
        }
        // With a leading zero it would be octal.
        let plain = text == "0" || !text.starts_with('0');
        text.parse().ok().filter(|_| plain).ok_or_else(|| Stuck::On(format!("the number `{text}`")))
    }

    fn expression(&mut self, source: &Arc<Source>, node: &ArithmeticExprNode) -> Result<i64, Stuck> {
        let overflow = || Stuck::on("so large a number");
        match &node.kind {
            ArithmeticExpr::Number(text) => self.number(text.slice(&source.text)),
            ArithmeticExpr::Variable(name) => {
                let value = self.known(name.as_str()).unwrap_or_default();
                self.number(&value)
            }
            ArithmeticExpr::ShellWord(word) => {
                let text = self.quoted_word(source, word)?;
                self.number(&text)
            }
            ArithmeticExpr::Parenthesized { expression } => self.arithmetic(source, expression),
            ArithmeticExpr::Unary { op, expr } => {
                if matches!(op, ArithmeticUnaryOp::PreIncrement | ArithmeticUnaryOp::PreDecrement) {
                    let ArithmeticExpr::Variable(name) = &expr.kind else { return Err(Stuck::on("`++`")) };
                    let by = if *op == ArithmeticUnaryOp::PreIncrement { 1 } else { -1 };
                    let value = self.arithmetic(source, expr)?.checked_add(by).ok_or_else(overflow)?;
                    self.set(name.as_str(), value.to_string());
                    return Ok(value);
                }
                let value = self.arithmetic(source, expr)?;
                match op {
                    ArithmeticUnaryOp::Minus => value.checked_neg().ok_or_else(overflow),
                    ArithmeticUnaryOp::LogicalNot => Ok(i64::from(value == 0)),
                    ArithmeticUnaryOp::BitwiseNot => Ok(!value),
                    _ => Ok(value),
                }
            }
            ArithmeticExpr::Postfix { expr, op } => {
                let ArithmeticExpr::Variable(name) = &expr.kind else { return Err(Stuck::on("`++`")) };
                let value = self.arithmetic(source, expr)?;
                let by = if *op == ArithmeticPostfixOp::Increment { 1 } else { -1 };
                self.set(name.as_str(), value.checked_add(by).ok_or_else(overflow)?.to_string());
                Ok(value)
            }
            ArithmeticExpr::Binary { left, op, right } => {
                let a = self.arithmetic(source, left)?;
                match op {
                    ArithmeticBinaryOp::LogicalAnd if a == 0 => return Ok(0),
                    ArithmeticBinaryOp::LogicalOr if a != 0 => return Ok(1),
                    _ => {}
                }
                let b = self.arithmetic(source, right)?;
                binary(*op, a, b).ok_or_else(overflow)
            }
            ArithmeticExpr::Conditional { condition, then_expr, else_expr } => {
                let way = if self.arithmetic(source, condition)? != 0 { then_expr } else { else_expr };
                self.arithmetic(source, way)
            }
            ArithmeticExpr::Assignment { target: ArithmeticLvalue::Variable(name), op, value } => {
                let b = self.arithmetic(source, value)?;
                let old = self.known(name.as_str()).unwrap_or_default();
                let a = self.number(&old)?;
                let value = match op {
                    ArithmeticAssignOp::Assign => Some(b),
                    ArithmeticAssignOp::AddAssign => a.checked_add(b),
                    ArithmeticAssignOp::SubAssign => a.checked_sub(b),
                    ArithmeticAssignOp::MulAssign => a.checked_mul(b),
                    ArithmeticAssignOp::DivAssign => a.checked_div(b),
                    ArithmeticAssignOp::ModAssign => a.checked_rem(b),
                    _ => None,
                };
                let value = value.ok_or_else(overflow)?;
                self.set(name.as_str(), value.to_string());
                Ok(value)
            }
            _ => Err(Stuck::On(format!("`{}`", node.span.slice(&source.text)))),
        }
    }
}

/// `None` where it can't be said.
fn binary(op: ArithmeticBinaryOp, a: i64, b: i64) -> Option<i64> {
    let truth = |holds: bool| Some(i64::from(holds));
    match op {
        ArithmeticBinaryOp::Comma => Some(b),
        ArithmeticBinaryOp::Add => a.checked_add(b),
        ArithmeticBinaryOp::Subtract => a.checked_sub(b),
        ArithmeticBinaryOp::Multiply => a.checked_mul(b),
        ArithmeticBinaryOp::Divide => a.checked_div(b),
        ArithmeticBinaryOp::Modulo => a.checked_rem(b),
        ArithmeticBinaryOp::LessThan => truth(a < b),
        ArithmeticBinaryOp::LessThanOrEqual => truth(a <= b),
        ArithmeticBinaryOp::GreaterThan => truth(a > b),
        ArithmeticBinaryOp::GreaterThanOrEqual => truth(a >= b),
        ArithmeticBinaryOp::Equal => truth(a == b),
        ArithmeticBinaryOp::NotEqual => truth(a != b),
        ArithmeticBinaryOp::LogicalAnd | ArithmeticBinaryOp::LogicalOr => truth(b != 0),
        ArithmeticBinaryOp::BitwiseAnd => Some(a & b),
        ArithmeticBinaryOp::BitwiseOr => Some(a | b),
        ArithmeticBinaryOp::BitwiseXor => Some(a ^ b),
        _ => None,
    }
}
