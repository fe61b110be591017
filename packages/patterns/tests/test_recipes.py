"""What builds, pipelines and templates run and create, beyond package scripts."""

import pytest

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract

COMMANDS = {
    "Makefile": (
        "build: main.go\n\t@go build ./...\n# no\n\t# go vet\nX := 1\nother:\n\tpytest -q\n",
        ["go build", "pytest"],
    ),
    "justfile": ("test:\n    cargo nextest run\n", ["cargo nextest"]),
    "Taskfile.yml": ("version: '3'\ntasks:\n  a:\n    cmds:\n      - npm run build\n", ["npm run build"]),
    "Jenkinsfile": ("stage('a') { sh 'mvn -B verify'\n sh '''\nmake all\ndocker push x\n''' }", ["mvn -B", "make all"]),
    ".travis.yml": ("script:\n  - bundle exec rspec\n", ["rspec"]),
    ".circleci/config.yml": ("jobs:\n  a:\n    steps:\n      - run: {command: yarn test}\n", ["yarn test"]),
    "azure-pipelines.yml": (
        "steps:\n  - script: |\n      dotnet test\n      dotnet publish\n",
        ["dotnet test", "publish"],
    ),
    "bitbucket-pipelines.yml": (
        "pipelines:\n  default:\n    - step:\n        script: [gradle build]\n",
        ["gradle build"],
    ),
    ".buildkite/pipeline.yml": ("steps:\n  - command: mix test\n", ["mix test"]),
}


@pytest.mark.parametrize(("path", "wanted"), COMMANDS.items(), ids=COMMANDS)
def test_commands_are_read_with_their_lines(path: str, wanted: tuple[str, list[str]]) -> None:
    text, expected = wanted
    commands = extract(Evidence(files={path: text})).commands
    shown = [command.detail for command in commands]
    assert all(any(part in line for line in shown) for part in expected), shown
    assert not any("go vet" in line for line in shown)


def test_services_of_a_pipeline_are_images_and_orbs_are_dependencies() -> None:
    facts = extract(
        Evidence(
            files={
                ".travis.yml": "services:\n  - postgresql\n  - redis-server\n",
                ".circleci/config.yml": "orbs:\n  node: circleci/node@5.1.0\n",
            }
        )
    )
    assert {image.name for image in facts.images} == {"postgres", "redis"}
    assert {(d.ecosystem, d.name, d.range) for d in facts.dependencies} == {("circleciorb", "circleci/node", "5.1.0")}


def test_templates_and_terraform_name_what_they_create_with_the_line() -> None:
    facts = extract(
        Evidence(
            files={
                "template.yaml": "Resources:\n  B:\n    Type: AWS::S3::Bucket\n  C:\n    Type: 'AWS::S3::Bucket'\n",
                "main.bicep": "param a string\nresource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {}\n",
                "package.json": '{"name": "@Microsoft.x/y"}',
                "main.tf": '\nresource "datadog_monitor" "m" {\n}\n',
            }
        )
    )
    assert {(d.ecosystem, d.normal, d.line) for d in facts.dependencies} == {
        ("cloudformation", "aws/s3/bucket", 3),
        ("arm", "microsoft.storage/storageaccounts", 2),
        ("terraform", "hashicorp/datadog", 2),
        ("terraform-resource", "datadog_monitor", 2),
    }


def test_addresses_of_java_have_no_slashes_and_comments_name_nothing() -> None:
    facts = extract(
        Evidence(
            files={"app.properties": "a.url=jdbc:oracle:thin:@db:1521:x\n#b.url=jdbc:h2:mem:x\nc=r2dbc:mysql://h/d\n"}
        )
    )
    assert {address.scheme for address in facts.addresses} == {"oracle", "mysql"}
