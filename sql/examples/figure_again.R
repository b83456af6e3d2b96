# A published figure again, in R, from the replicate weights: with package survey alone, which Debian has
# (r-cran-survey). Debian's R has no package duckdb, so these files are made first:
#
#   panel export PANEL --survey SURVEY --wave WAVE --format csv --replicates --out work
#   panel sql "from estimates where survey = 'SURVEY' and wave = 'WAVE' and item = 'ITEM' and statistic = 'share'
#              and domain = 'all'" PANEL --format csv --out work/estimates.csv
#   panel sql "from share('ITEM', wave := 'WAVE', survey := 'SURVEY') where statistic = 'share'" PANEL
#              --format csv --out work/share.csv
#   panel sql "select unnest(coefficients) as coefficient from replicate_sets where survey = 'SURVEY'" PANEL
#              --format csv --out work/coefficients.csv
#   Rscript figure_again.R work SURVEY_WAVE ITEM
#
# With package duckdb the file opens by itself, and dbGetQuery() takes the same queries:
#   DBI::dbConnect(duckdb::duckdb(), "published/panel.duckdb", read_only = TRUE)

suppressPackageStartupMessages(library(survey))

asked <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(asked[1], name), check.names = FALSE, encoding = "UTF-8")
item <- asked[3]

# Codes become the labelled answers of the codebook; codes for a kind of missing are in none of them, hence NA.
answers <- read(paste0(asked[2], ".csv"))
codebook <- read(paste0(asked[2], "_codebook.csv"))
options <- codebook[codebook$variable == item & tolower(codebook$missing) == "false", ]
answers[[item]] <- factor(answers[[item]], levels = options$code, labels = options$code_label)

# The weight of the published figure, those who hold it, and its replicates. A replicate that could not be weighted is
# empty: the others stand for it.
estimates <- read("estimates.csv")
weight <- paste0("weight_", estimates$weight_id[1])
holders <- answers[!is.na(answers[[weight]]), ]
replicates <- holders[, grep(paste0("^", weight, "_r[0-9]+$"), names(holders))]
was_made <- colSums(is.na(replicates)) == 0
coefficient <- read("coefficients.csv")$coefficient
rscales <- coefficient[was_made] * sum(coefficient) / sum(coefficient[was_made])

# variance = sum of rscales x (estimate in the replicate - estimate)^2. For `type`, say "other": R's "bootstrap" would
# divide by R - 1. `mse = TRUE` centres on the estimate, not on the mean of the replicates.
design <- svrepdesign(
  data = holders, weights = holders[[weight]], repweights = replicates[, was_made], combined.weights = TRUE,
  type = "other", scale = 1, rscales = rscales, mse = TRUE
)
found <- svymean(reformulate(paste0("`", item, "`")), design, na.rm = TRUE)

again <- data.frame(category = levels(answers[[item]]), share = as.vector(coef(found)), error = as.vector(SE(found)))
again <- again[again$category %in% estimates$category, ]
macro <- read("share.csv")
macro <- macro[match(again$category, macro$category), ]
estimates <- estimates[match(again$category, estimates$category), ]
cat(sprintf(
  "%s: share %.15f, standard error %.15f from replicates, %.15f linearised\n",
  again$category, again$share, again$error, estimates$standard_error
), sep = "")
stopifnot(
  "the share is not the published one" = abs(again$share - estimates$estimate) < 1e-9,
  "the share is not that of the macro" = abs(again$share - macro$estimate) < 1e-9,
  "the standard error is not that of the macro" = abs(again$error - macro$standard_error) < 1e-9
)
