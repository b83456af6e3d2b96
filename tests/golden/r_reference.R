# The live reference: what R's survey says of the designs in FOLDER (rows.csv, cases.csv, totals.csv, replicates.csv).
# Rscript r_reference.R FOLDER writes FOLDER/answers.csv: case, what, estimate, se.
suppressPackageStartupMessages(library(survey))
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, name), stringsAsFactors = FALSE)
rows <- split(read("rows.csv"), read("rows.csv")$case)
totals <- split(read("totals.csv"), read("totals.csv")$case)
cases <- read("cases.csv")

design_of <- function(case, x) {
    arguments <- list(ids = ~psu, strata = ~stratum, weights = ~w, data = x, nest = TRUE)
    if (case$fpc) arguments$fpc <- ~fpc
    do.call(svydesign, arguments)
}

one_stratum <- function(case, x) {
    arguments <- list(ids = ~psu, weights = ~w, data = x)
    if (case$fpc) arguments$fpc <- ~fpc
    do.call(svydesign, arguments)
}

replicate_design <- function(case, x) {
    supplied <- function(...) {
        columns <- as.matrix(read(sprintf("replicates_%d.csv", case$case)))
        svrepdesign(repweights = columns, weights = x$w, data = x, combined.weights = TRUE, mse = TRUE, ...)
    }
    switch(case$replicates,
        jk1 = as.svrepdesign(one_stratum(case, x), type = "JK1", mse = TRUE),
        jkn = as.svrepdesign(design_of(case, x), type = "JKn", mse = TRUE),
        brr = supplied(type = "BRR"),
        fay = supplied(type = "Fay", rho = 0.5),
        bootstrap = supplied(type = "bootstrap", scale = 1 / case$n_replicates, rscales = rep(1, case$n_replicates))
    )
}

uncompressed <- function(case) if (case$replicates == "none") list() else list(compress = FALSE)

calibrated <- function(design, case) {
    wanted <- totals[[as.character(case$case)]]
    margins <- split(wanted, factor(wanted$margin, unique(wanted$margin)))
    if (case$method == "poststratify") { # to the one margin, crossed
        cells <- data.frame(ab = factor(margins$ab$category), Freq = margins$ab$persons)
        return(do.call(postStratify, c(list(design, ~ab, cells), uncompressed(case))))
    }
    named <- lapply(margins, function(one) {
        if (is.na(one$category[1])) return(setNames(one$persons, one$margin))
        setNames(one$persons, paste0(one$margin, one$category))[-1]
    })
    population <- c(`(Intercept)` = sum(margins[[1]]$persons), do.call(c, unname(named)))
    arguments <- list(
        design, reformulate(names(margins)), population, calfun = case$method, epsilon = 1e-12, maxit = 2000
    )
    if (!is.na(case$lower)) arguments$bounds <- c(case$lower, case$upper)
    do.call(calibrate, c(arguments, uncompressed(case)))
}

answer <- function(case, what, statistic) {
    data.frame(case = case$case, what = what, estimate = as.numeric(coef(statistic)), se = as.numeric(SE(statistic)))
}

one <- function(number) {
    case <- cases[number, ]
    x <- rows[[as.character(case$case)]]
    x$a <- factor(x$a)
    x$b <- factor(x$b)
    x$ab <- factor(2 * as.integer(as.character(x$a)) + as.integer(as.character(x$b)))
    x$d <- factor(x$dom)
    design <- if (case$replicates == "none") design_of(case, x) else replicate_design(case, x)
    if (case$method != "none") design <- calibrated(design, case)
    domain <- subset(design, dom == 1)
    rbind(
        answer(case, "share", svymean(~y, design)),
        answer(case, "share in domain", svymean(~y, domain)),
        answer(case, "mean", svymean(~x, design)),
        answer(case, "mean in domain", svymean(~x, domain)),
        answer(case, "total", svytotal(~x, design)),
        answer(case, "total in domain", svytotal(~x, domain)),
        answer(case, "count", svytotal(~y, design)),
        answer(case, "ratio", svyratio(~x, ~z, design)),
        answer(case, "ratio in domain", svyratio(~x, ~z, domain))
    )
}

options(digits = 17)
answers <- do.call(rbind, lapply(seq_len(nrow(cases)), one))
answers$estimate <- sprintf("%.17g", answers$estimate)
answers$se <- sprintf("%.17g", answers$se)
write.csv(answers, file.path(folder, "answers.csv"), row.names = FALSE)
