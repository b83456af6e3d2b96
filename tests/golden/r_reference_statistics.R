# The live reference for tests, intervals, quantiles, regression and lonely PSUs: Rscript r_reference_statistics.R FOLDER
# reads FOLDER/rows.csv and FOLDER/cases.csv and writes FOLDER/answers.csv: case, what, value.
suppressPackageStartupMessages(library(survey))
folder <- commandArgs(TRUE)[1]
rows <- read.csv(file.path(folder, "rows.csv"))
cases <- read.csv(file.path(folder, "cases.csv"), stringsAsFactors = FALSE)
rows <- split(rows, rows$case)

design_of <- function(case, x) {
    arguments <- list(ids = ~psu, strata = ~stratum, weights = ~w, data = x, nest = TRUE)
    if (case$fpc) arguments$fpc <- ~fpc
    design <- do.call(svydesign, arguments)
    if (!case$calibrated) return(design)
    totals <- 1.1 * colSums(model.matrix(~ a + b, x) * x$w) * c(1, 0.97, 1.04, 1.02)
    calibrate(design, ~ a + b, totals, calfun = "raking", epsilon = 1e-13, maxit = 500)
}

regression <- function(name, fit) {
    list_of <- c(as.vector(coef(fit)), as.vector(SE(fit)))
    names(list_of) <- paste(name, rep(c("coefficient", "error"), each = length(coef(fit))), seq_along(coef(fit)))
    list_of
}

# The maximum of a weighted likelihood by Newton's method, and its sandwich: survey's own variance of the total of
# each person's influence. of_model gives, at coefficients, each person's scores and the weighted information.
fitted_exactly <- function(design, start, of_model) {
    theta <- start
    for (step in 1:100) {
        model <- of_model(theta)
        change <- solve(model$information, colSums(weights(design) * model$scores))
        theta <- theta + change
        if (max(abs(change)) < 1e-13) break
    }
    model <- of_model(theta)
    influence <- model$scores %*% solve(model$information)
    total <- svytotal(influence, design)
    c(theta, sqrt(diag(as.matrix(vcov(total)))))
}

named <- function(name, fit) {
    n <- length(fit) / 2
    setNames(fit, paste(name, rep(c("coefficient", "error"), each = n), rep(seq_len(n), 2)))
}

# log P(q = k) = log(plogis(zeta_k - x beta) - plogis(zeta_(k-1) - x beta)), with its first and second derivatives
proportional_odds <- function(design, x, q) {
    n_cuts <- max(q)
    w <- weights(design)
    cut <- function(theta, k) c(-Inf, theta[ncol(x) + seq_len(n_cuts)], Inf)[k + 1]
    direction <- function(k) cbind(-x, outer(k, seq_len(n_cuts), `==`) * 1) * (k > 0 & k <= n_cuts)
    above <- direction(q + 1)
    below <- direction(q)
    of_model <- function(theta) {
        eta <- drop(x %*% theta[seq_len(ncol(x))])
        u <- cut(theta, q + 1) - eta
        l <- cut(theta, q) - eta
        p <- plogis(u) - plogis(l)
        f_u <- dlogis(u)
        f_l <- dlogis(l)
        uu <- f_u * (1 - 2 * plogis(u)) / p - (f_u / p)^2
        ll <- -f_l * (1 - 2 * plogis(l)) / p - (f_l / p)^2
        crossed <- crossprod(above, below * (w * f_u * f_l / p^2))
        hessian <- crossprod(above, above * (w * uu)) + crossprod(below, below * (w * ll)) + crossed + t(crossed)
        list(scores = (above * f_u - below * f_l) / p, information = -hessian)
    }
    shares <- cumsum(tapply(w, q, sum)) / sum(w)
    fitted_exactly(design, c(rep(0, ncol(x)), qlogis(shares[seq_len(n_cuts)])), of_model)
}

# log P(q = k) = x beta_k - log(1 + sum exp(x beta)), the first answer being the one compared with
multinomial <- function(design, x, q) {
    k <- seq_len(max(q))
    w <- weights(design)
    each <- function(matrix) do.call(cbind, lapply(k, function(one) matrix[, one] * x)) # (n, answers x columns)
    of_model <- function(theta) {
        odds <- exp(x %*% matrix(theta, ncol(x)))
        p <- odds / (1 + rowSums(odds))
        blocks <- lapply(k, function(row) lapply(k, function(column) {
            crossprod(x, x * (w * (p[, row] * ((row == column) - p[, column]))))
        }))
        information <- do.call(rbind, lapply(blocks, function(row) do.call(cbind, row)))
        list(scores = each(outer(q, k, `==`) - p), information = information)
    }
    fitted_exactly(design, rep(0, ncol(x) * length(k)), of_model)
}

plain <- function(value) as.vector(unname(value))
limits <- function(pair) c(low = plain(pair)[1], high = plain(pair)[2])
quantile_of <- function(row) c(at = plain(row)[1], low = plain(row)[2], high = plain(row)[3], error = plain(row)[4])
quantiles <- function(table) {
    found <- as.vector(apply(table, 1, quantile_of))
    names(found) <- paste0("quantile_", c("at", "low", "high", "error"), rep(rownames(table), each = 4))
    found
}

estimated <- function(name, design) {
    share <- svymean(~y, design)
    xlogit <- svyciprop(~y, design, method = "xlogit")
    beta <- svyciprop(~y, design, method = "beta")
    mean_x <- svymean(~x, design)
    t_interval <- confint(mean_x, df = degf(design))
    middle <- svyquantile(~x, design, c(0.25, 0.5, 0.9), interval.type = "xlogit")$x
    median <- svyquantile(~x, design, 0.5, interval.type = "mean")$x
    found <- c(
        freedom = degf(design), share = plain(coef(share)), share_error = plain(SE(share)),
        logit = limits(attr(xlogit, "ci")), beta = limits(attr(beta, "ci")),
        mean = plain(coef(mean_x)), mean_error = plain(SE(mean_x)), mean = limits(t_interval),
        quantiles(middle), median = quantile_of(median[1, ])[-1]
    )
    names(found) <- paste(name, sub("[.](low|high|error)$", "_\\1", names(found)))
    found
}

of_everyone <- function(design) {
    second <- svychisq(~ y + a, design, statistic = "F")
    first <- svychisq(~ y + a, design, statistic = "Chisq")
    by_a <- svyglm(x ~ a - 1, design) # the means of x by a; svyby cannot give their covariance after calibration
    contrast <- svycontrast(by_a, c(1, -1, 0))
    wald <- coef(by_a)[1:2] - coef(by_a)[3]
    contrasts <- rbind(c(1, 0, -1), c(0, 1, -1))
    statistic <- drop(t(wald) %*% solve(contrasts %*% vcov(by_a) %*% t(contrasts)) %*% wald)
    linear <- svyglm(x ~ a + z, design)
    logit <- svyglm(y ~ a + z, design, family = quasibinomial, control = glm.control(epsilon = 1e-15, maxit = 200))
    ordered <- svyolr(factor(q) ~ a + z, design, control = list(reltol = 1e-15, maxit = 2000))
    columns <- model.matrix(~ a + z, model.frame(design))
    q <- model.frame(design)$q
    c(
        rao_f = unname(second$statistic), rao_numerator = unname(second$parameter[1]),
        rao_denominator = unname(second$parameter[2]), rao_p = unname(second$p.value),
        first_chi = unname(first$statistic), first_p = unname(first$p.value),
        contrast = unname(coef(contrast)), contrast_error = as.vector(SE(contrast)), wald = statistic,
        glm_freedom = linear$df.residual,
        regression("linear", linear), regression("logit", logit), regression("odds", ordered),
        named("exact_odds", proportional_odds(design, columns[, -1], q)),
        named("multinomial", multinomial(design, columns, q))
    )
}

one <- function(number) {
    case <- cases[number, ]
    x <- rows[[as.character(case$case)]]
    x$a <- factor(x$a)
    x$b <- factor(x$b)
    options(survey.lonely.psu = case$lonely)
    design <- design_of(case, x)
    found <- c(estimated("all", design), estimated("domain", subset(design, dom == 1)), of_everyone(design))
    data.frame(case = case$case, what = names(found), value = sprintf("%.17g", found))
}

answers <- do.call(rbind, lapply(seq_len(nrow(cases)), one))
write.csv(answers, file.path(folder, "answers.csv"), row.names = FALSE)
