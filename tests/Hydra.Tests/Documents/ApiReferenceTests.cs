using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Hydra.Tests.Tidy;

namespace Hydra.Tests.Documents;

/// <summary>The API reference is made from the code and is whole: docs/build-api.sh.</summary>
public class ApiReferenceTests
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    private static readonly string Built = Path.Combine([
        "bin", .. AppContext.BaseDirectory.TrimEnd('/').Split('/')[^2..]]);

    [Fact]
    public void Every_package_is_in_the_reference()
    {
        using var configuration = JsonDocument.Parse(File.ReadAllText(Of("docs/docfx.json")));
        var projects = configuration.RootElement.GetProperty("metadata")[0].GetProperty("src")[0].GetProperty("files")
            .EnumerateArray().Select(static file => Path.GetFileNameWithoutExtension(file.GetString()!));

        Assert.Equal(Packages(), projects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_public_type_is_described_and_refers_to_nothing_that_readers_cannot_see()
    {
        var packages = Packages();
        var api = PublicApi.Read(packages.Select(static package => FileOf(package, "dll")));
        var documents = packages
            .SelectMany(static package => XDocument.Load(FileOf(package, "xml")).Descendants("member"))
            .Where(member => api.Has(member.Attribute("name")!.Value))
            .ToList();

        var described = documents.Where(static one => one.Element("summary") is not null)
            .Select(static one => one.Attribute("name")!.Value);
        Assert.Empty(api.Types.Except(described.Where(id => id[0] == 'T').Select(static id => id[2..])));
        Assert.True(api.Types.Count > 150, $"Only {api.Types.Count} public types were found.");
        Assert.Empty(
            from member in documents
            from reference in member.Descendants().Attributes("cref")
            where IsHidden(api, reference.Value)
            select $"{member.Attribute("name")!.Value} refers to {reference.Value}");
    }

    [Theory]
    [InlineData("T:Hydra.Engine.TurnWatch", true)]
    [InlineData("!:Nowhere", true)]
    [InlineData("M:Hydra.ExecutionHandle.NoSuchThing", true)]
    [InlineData("T:Hydra.IWorkflow`2", false)]
    [InlineData("P:Hydra.HydraBuilder.Namespace", false)]
    [InlineData("M:Hydra.HydraBuilder.AddWorkflow``2(System.String)", false)]
    [InlineData("T:System.TimeSpan", false)]
    public void What_readers_cannot_see_is_told_from_what_they_can(string reference, bool hidden)
    {
        var api = PublicApi.Read([FileOf("Hydra", "dll")]);

        Assert.Equal(hidden, IsHidden(api, reference));
    }

    [Fact]
    public void Every_guide_is_linked_from_the_index()
    {
        var index = File.ReadAllText(Of("docs/README.md"));

        var guides = Directory.GetFiles(Of("docs/guides"), "*.md").Select(Path.GetFileName).ToList();

        Assert.True(guides.Count > 10);
        Assert.All(guides, guide => Assert.Contains($"](guides/{guide})", index));
    }

    [Fact]
    public async Task The_site_has_a_page_for_every_public_type_and_no_broken_reference()
    {
        Assert.SkipUnless(Full, "It takes a minute: set HYDRA_FULL=1.");

        using var script = Process.Start(new ProcessStartInfo("bash", [Of("docs/build-api.sh")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var output = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(script.ExitCode == 0, output);
        Assert.DoesNotContain("warning ", output);
        var site = Of("artifacts/docs/site");
        var types = PublicApi.Read(Packages().Select(static package => FileOf(package, "dll"))).Types
            .Except(["Hydra.EntityFrameworkCore.Mapping.ExecutionNumber"]); // Says of itself that it is for nobody.
        Assert.All(types, type => Assert.True(
            File.Exists(Path.Combine(site, "api", $"{type.Replace('`', '-')}.html")), type));
        Assert.Contains("docs/guides/schedules.html", await File.ReadAllTextAsync(
            Path.Combine(site, "index.html"), TestContext.Current.CancellationToken));
    }

    private static bool IsHidden(PublicApi api, string reference) =>
        reference[0] == '!' || (reference[2..].StartsWith("Hydra.", StringComparison.Ordinal) && !api.Has(reference));

    /// <summary>The packages that people reference; a tool is none.</summary>
    private static List<string> Packages() =>
    [
        .. Directory.GetFiles(Of("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(static project => !File.ReadAllText(project).Contains("<PackAsTool>", StringComparison.Ordinal))
            .Select(static project => Path.GetFileNameWithoutExtension(project))
            .Order(StringComparer.Ordinal),
    ];

    private static string FileOf(string package, string kind) => Of($"src/{package}/{Built}/{package}.{kind}");

    private static string Of(string path) => Path.Combine(SourceTree.Root, path);
}
