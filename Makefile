# make run     install what is missing, build, and run the demo
# make test    install what is missing, build and run all tests
# make check   what CI runs: floors, format, tests
# make bench   measure Curlew beside blackbox_exporter
# make docker  build the image and check the compose files

# How many tests run at a time: many of them start real servers, which need their share of a small machine.
TEST_WIDTH ?= 4

.PHONY: run build test check format bench docker
run: build
	.build/release/curlew demo

build:
	@.ci/install-packages build
	swift build -c release --product curlew --static-swift-stdlib

test:
	@.ci/install-packages build test
	swift build --build-tests
	@.ci/run-tests $(TEST_WIDTH)

check:
	.ci/run

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

bench: build
	@.ci/install-packages test
	Benchmarks/run

docker:
	@.ci/install-packages docker
	docker/check
