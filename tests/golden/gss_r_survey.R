# Makes gss_r_survey.csv: figures of the 2006 GSS panel by R's survey package, to hold gss_oracle.py against.
#
#   Rscript tests/golden/gss_r_survey.R FOLDER > tests/golden/gss_r_survey.csv
#
# FOLDER holds sample.csv.gz and waves/wave1..3.csv.gz. The first line names the versions that made the file.
# Made with R 4.2.2 and survey 4.1.1 (Debian: r-base-core, r-cran-survey).

suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust", digits = 17)
folder <- commandArgs(trailingOnly = TRUE)[1]

delivered <- function(file) {
  read.csv(gzfile(file.path(folder, file)), colClasses = "character", na.strings = "", check.names = FALSE)
}
roster <- delivered("sample.csv.gz")
waves <- lapply(1:3, function(t) {
  answers <- delivered(sprintf("waves/wave%d.csv.gz", t))
  answers$interviewed <- TRUE
  answers[match(roster$firstid, answers$firstid), ]
})
weights <- c("wtssall_w1", "wtpan12", "wtpannr12", "wtpan123", "wtpannr123")
people <- roster[c("firstid", "vstrat_w1", "vpsu_w1", "panstat_w2", "panstat_w3")]
people[weights] <- lapply(roster[weights], as.numeric)

# Domains: fixed at wave 1.
years <- as.numeric(ifelse(waves[[1]]$age == "89 or Older", "89", waves[[1]]$age))
people$age_group <- as.character(cut(years, c(17, 29, 39, 49, 59, 69, 79, Inf),
  c("18-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+")))
people$age_group_4 <- as.character(cut(years, c(17, 34, 49, 64, Inf), c("18-34", "35-49", "50-64", "65+")))
for (name in c("sex", "race", "degree", "region")) people[[name]] <- waves[[1]][[name]]

written <- list()
write_row <- function(estimand, weight_id, wave, item, category, domain, value, estimate, error, df = NA) {
  written[[length(written) + 1]] <<- data.frame(estimand, weight_id, wave, item, category, domain,
    domain_value = value, estimate, standard_error = error, degrees_of_freedom = df)
}
design_of <- function(weight, data = people) {
  holders <- data[!is.na(data[[weight]]), ]
  svydesign(~vpsu_w1, strata = ~vstrat_w1, weights = holders[[weight]], data = holders, nest = TRUE)
}
public <- function(weight) sub("_w1", "", weight)

# Shares: a category, in everyone or in a domain taken as a subset of the whole design.
share <- function(weight, wave, item, category, domain = "all", value = "all") {
  people$answer <<- waves[[wave]][[item]]
  people$y <<- as.numeric(people$answer == category)
  inside <- subset(design_of(weight), !is.na(answer))
  if (domain != "all") inside <- inside[which(inside$variables[[domain]] == value), ]
  result <- svymean(~y, inside)
  write_row("share", public(weight), paste0("w", wave), item, category, domain, value,
    as.numeric(coef(result)), as.numeric(SE(result)), degf(inside))
}
share("wtssall_w1", 1, "consci", "a Great Deal")
share("wtssall_w1", 1, "trust", "can Trust")
share("wtssall_w1", 1, "abany", "Yes")
share("wtssall_w1", 1, "consci", "a Great Deal", "age_group", "80+")
share("wtssall_w1", 1, "confed", "Hardly any", "race", "Black")
share("wtssall_w1", 1, "natheal", "Too Little", "degree", "Junior College")
share("wtssall_w1", 1, "xmarsex", "Sometimes Wrong", "sex", "Male")
share("wtpan12", 2, "conpress", "Hardly any")
share("wtpannr12", 1, "helpful", "Depends", "age_group_4", "18-34")
share("wtpannr12", 2, "fair", "Fair", "age_group", "70-79")
share("wtpan123", 1, "confinan", "a Great Deal")
share("wtpan123", 3, "confinan", "a Great Deal")
share("wtpannr123", 3, "conlegis", "Only some", "race", "Other")
share("wtpannr123", 3, "grass", "Legal", "age_group", "18-29")

# Means of counts.
average <- function(weight, wave, item, domain = "all", value = "all") {
  people$y <<- as.numeric(waves[[wave]][[item]])
  inside <- subset(design_of(weight), !is.na(y))
  if (domain != "all") inside <- inside[which(inside$variables[[domain]] == value), ]
  result <- svymean(~y, inside)
  write_row("mean", public(weight), paste0("w", wave), item, NA, domain, value,
    as.numeric(coef(result)), as.numeric(SE(result)), degf(inside))
}
average("wtssall_w1", 1, "tvhours")
average("wtssall_w1", 1, "wwwhr", "degree", "Graduate")
average("wtpannr123", 3, "educ", "age_group", "60-69")
average("wtpan12", 2, "hompop", "sex", "Female")

# Change of the same persons, wave 1 to wave 3.
for (weight in c("wtpan123", "wtpannr123")) {
  for (item in c("consci", "trust", "natheal")) {
    people$first <- waves[[1]][[item]]
    people$last <- waves[[3]][[item]]
    for (category in sort(unique(people$first[!is.na(people$first)]))) {
      people$y <- (people$last == category) - (people$first == category)
      both <- subset(design_of(weight), !is.na(y))
      result <- svymean(~y, both)
      write_row("change", weight, "w3", item, category, "all", "all",
        as.numeric(coef(result)), as.numeric(SE(result)), degf(both))
    }
  }
}

# Flows, wave 1 to wave 3: shares of everyone who answered both, and of those who began in a category.
for (item in c("consci", "confed", "trust")) {
  people$first <- waves[[1]][[item]]
  people$last <- waves[[3]][[item]]
  both <- subset(design_of("wtpannr123"), !is.na(first) & !is.na(last))
  categories <- sort(unique(people$first[!is.na(people$first)]))
  for (from in categories) for (to in categories) {
    flow <- paste(from, to, sep = " > ")
    both$variables$joint <- as.numeric(both$variables$first == from & both$variables$last == to)
    both$variables$row <- as.numeric(both$variables$first == from)
    result <- svymean(~joint, both)
    write_row("joint share", "wtpannr123", "w3", item, flow, "all", "all",
      as.numeric(coef(result)), as.numeric(SE(result)))
    result <- svyratio(~joint, ~row, both)
    write_row("row share", "wtpannr123", "w3", item, flow, "all", "all",
      as.numeric(coef(result)), as.numeric(SE(result)))
  }
}

# Retention, weighted: who of wave 1 is interviewed in wave 3.
people$y <- as.numeric(!is.na(waves[[3]]$interviewed))
for (value in c("all", "18-29", "30-39", "80+")) {
  inside <- design_of("wtssall_w1")
  if (value != "all") inside <- subset(inside, age_group == value)
  result <- svymean(~y, inside)
  write_row("retention", "wtssall", "w3", NA, NA, if (value == "all") "all" else "age_group", value,
    as.numeric(coef(result)), as.numeric(SE(result)), degf(inside))
}

# The raked weight: those interviewed in wave 3 and the known ineligible, to the wave-1 weighted totals.
gone <- grepl("not Eligible", people$panstat_w2) | grepl("not Eligible", people$panstat_w3)
answered <- !is.na(waves[[3]]$interviewed)
margins <- c("age_group_4", "sex", "degree", "race", "region")
for (margin in margins) {
  persons <- tapply(people$wtssall_w1, people[[margin]], sum)
  people[[margin]][is.na(people[[margin]])] <- names(persons)[which.max(persons)]
  people[[margin]] <- factor(people[[margin]])
}
formula <- ~age_group_4 + sex + degree + race + region
totals <- colSums(model.matrix(formula, people) * people$wtssall_w1)
people$phase_two <- answered | gone
second <- subset(people, phase_two)
calibrated <- calibrate(svydesign(~vpsu_w1, strata = ~vstrat_w1, weights = ~wtssall_w1, data = second, nest = TRUE),
  formula, totals, calfun = "raking", epsilon = 1e-13, maxit = 200)
second$raked <- weights(calibrated)
people$raked <- ifelse(people$phase_two & !gone, second$raked[match(people$firstid, second$firstid)], 0)
for (id in people$firstid[people$raked > 0][c(1, 200, 400, 600, 800, 1000, 1200)]) {
  write_row("weight", "raked_w3", "w3", NA, id, "all", "all", people$raked[people$firstid == id], NA)
}
write_row("sum of weights", "raked_w3", "w3", NA, NA, "all", "all", sum(people$raked), NA)

# Its two-phase error: residuals and fitted values by lm, then the total of z over the whole starting sample.
raked_share <- function(item, category, domain = "all", value = "all") {
  y <- as.numeric(waves[[3]][[item]] == category)
  inside <- people$raked > 0 & !is.na(y)
  if (domain != "all") inside <- inside & people[[domain]] %in% value
  y[!inside] <- 0
  size <- sum(people$raked[inside])
  estimate <- sum(people$raked[inside] * y[inside]) / size
  u <- ifelse(inside, (y - estimate) / size, 0)
  fit <- lm(u ~ age_group_4 + sex + degree + race + region, data = cbind(people, u),
    weights = wtssall_w1, subset = phase_two)
  fitted <- predict(fit, people)
  ratio <- second$raked[match(people$firstid, second$firstid)] / people$wtssall_w1
  people$z_over_d <- fitted + ifelse(people$phase_two, ratio * (u - fitted), 0)
  error <- SE(svytotal(~z_over_d, design_of("wtssall_w1", people)))
  write_row("share", "raked_w3", "w3", item, category, domain, value, estimate, as.numeric(error))
}
raked_share("consci", "a Great Deal")
raked_share("confed", "Hardly any")
raked_share("trust", "can Trust")
raked_share("sex", "Female")
raked_share("conmedic", "Only some", "race", "Black")
raked_share("grass", "Legal", "sex", "Male")

cat(sprintf("# R %s, survey %s\n", getRversion(), packageVersion("survey")))
write.csv(do.call(rbind, written), row.names = FALSE, na = "")
