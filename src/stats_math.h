/*-------------------------------------------------------------------------
 *
 * stats_math.h
 *		Distribution functions for tests of difference.
 *
 * Plain functions of numbers, without the server, accurate to 1e-12
 * relative where the result is not below 1e-290 and degrees of freedom are
 * at least 0.1; docs/compare.md has what was measured below that.  Arguments
 * out of their range give NaN, which no caller hands on to users.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_STATS_MATH_H
#define PT_STATS_MATH_H

/* I_x(a, b) and its complement; P(a, x) and Q(a, x), all regularized */
extern double incomplete_beta(double a, double b, double x);
extern double incomplete_gamma_p(double a, double x);
extern double incomplete_gamma_q(double a, double x);

extern double normal_cdf(double z);
extern double normal_quantile(double p);
extern void wilson_bounds(int64 successes, int64 count, double confidence,
						  double *low, double *high);

/* P(|T| >= |t|), and the t with P(T <= t) = p */
extern double student_p_two_sided(double t, double df);
extern double student_quantile(double p, double df);

/* upper tails */
extern double f_p_upper(double f, double df1, double df2);
extern double chi_square_p_upper(double x, double df);

#endif							/* PT_STATS_MATH_H */
