using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Soak.Deploying;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The image, as far as a machine without containers can tell: what its file names is there.</summary>
public partial class DockerfileTests : SceneTest
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    // A line that ends in a backslash goes on.
    private static List<string> Instructions { get; } =
    [
        .. Yaml.Text("Dockerfile").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(static line => line.Length > 0 && !line.StartsWith('#')),
    ];

    [Fact]
    public void What_it_is_built_from_is_there()
    {
        Assert.All(Publishes(), static publish => Assert.True(File.Exists(Path.Combine(Yaml.Root, publish.Project))));
        Assert.Contains($"net{Tag("dotnet/sdk")}", AppContext.BaseDirectory, StringComparison.Ordinal);
        Assert.Equal(Tag("dotnet/sdk"), Tag("dotnet/aspnet").Split('-')[0]);
    }

    [Fact]
    public void It_runs_as_a_user_who_is_not_root_and_names_one_port()
    {
        var last = Instructions.FindLastIndex(static line => line.StartsWith("FROM ", StringComparison.Ordinal));
        var user = Assert.Single(
            Instructions[last..], static line => line.StartsWith("USER ", StringComparison.Ordinal));
        var pod = Yaml.Read("kubernetes/worker.yaml").At("spec", "template", "spec");
        var container = pod.At("containers", 0);
        var port = Value("EXPOSE");

        Assert.Equal(pod.TextAt("securityContext", "runAsUser"), user.Split(' ')[1]);
        Assert.Equal($"ASPNETCORE_URLS=http://+:{port}", Value("ENV"));
        Assert.Contains($":{port}/", Value("HEALTHCHECK"), StringComparison.Ordinal);
        Assert.Equal(port, container.TextAt("ports", 0, "containerPort"));
        Assert.Equal(port, Yaml.Read("kubernetes/service.yaml").TextAt("spec", "ports", 0, "port"));
        var services = Yaml.Read("docker-compose.yml").At("services");
        Assert.All(
            (string[])["worker-1", "worker-2"],
            worker => Assert.EndsWith($":{port}", services.TextAt(worker, "ports", 0), StringComparison.Ordinal));
    }

    [Fact]
    public void The_programs_that_are_started_are_those_that_are_published()
    {
        var commands = new[]
        {
            Entrypoint(),
            Yaml.Read("kubernetes/migrate.yaml").TextsAt("spec", "template", "spec", "containers", 0, "command"),
            Yaml.Read("docker-compose.yml").TextsAt("services", "migrate", "entrypoint"),
        };

        Assert.All(commands, static command =>
        {
            Assert.Equal("dotnet", command[0]);
            var publish = Assert.Single(
                Publishes(), one => command[1].StartsWith(one.Output, StringComparison.Ordinal));
            Assert.Equal(
                Path.GetFileNameWithoutExtension(publish.Project), Path.GetFileNameWithoutExtension(command[1]));
        });
    }

    [Fact]
    public async Task What_it_publishes_runs()
    {
        Assert.SkipUnless(Full, "It publishes two programs: ./test.sh --full runs it.");
        foreach (var (project, output) in Publishes())
        {
            var folder = Path.Combine(Scene.Root, output.TrimStart('/'));
            var published = await ProgramProcess.RunAsync(
                "dotnet",
                Yaml.Root,
                ["publish", project, "--configuration", "Release", "--output", folder, "-nodeReuse:false"]);
            Assert.True(published.Code == 0, published.Output);
        }

        var migrated = await ProgramProcess.RunAsync(
            "dotnet",
            Scene.Root,
            [Path.Combine(Scene.Root, "app", "hydra", "Hydra.Cli.dll"), "migrate"],
            new Dictionary<string, string> { ["DATABASE_URL"] = Scene.Url });
        Assert.True(migrated.Code == 0, migrated.Error);
    }

    /// <summary>What a container runs when nobody says otherwise.</summary>
    internal static IReadOnlyList<string> Entrypoint() => JsonSerializer.Deserialize<string[]>(Value("ENTRYPOINT"))!;

    private static string Value(string instruction) => Assert.Single(
        Instructions, line => line.StartsWith(instruction + " ", StringComparison.Ordinal))[(instruction.Length + 1)..];

    private static string Tag(string image) => Assert.Single(
        Instructions, line => line.Contains(image, StringComparison.Ordinal)).Split(':')[1].Split(' ')[0];

    private static IEnumerable<(string Project, string Output)> Publishes() =>
        Instructions.Select(static line => Publish().Match(line)).Where(static match => match.Success)
            .Select(static match => (match.Groups[1].Value, match.Groups[2].Value));

    [GeneratedRegex("^RUN dotnet publish ([^ ]+) --configuration Release --output ([^ ]+)$")]
    private static partial Regex Publish();
}
