using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Hydra.Soak.Deploying;

/// <summary>Reads the files of deploy/: mappings as dictionaries, sequences as lists, all else as text.</summary>
internal static class Yaml
{
    /// <summary>The only document of a file, by its path below deploy/; anchors and merges are resolved.</summary>
    public static Dictionary<string, object> Read(string path)
    {
        using var text = new StringReader(Text(path));
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(text)));
        return (Dictionary<string, object>)Plain(Assert.Single(stream.Documents).RootNode);
    }

    /// <summary>The text of a file below deploy/.</summary>
    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, "deploy", path));

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What stands at a path of names and, in lists, numbers.</summary>
    public static object At(this object node, params ReadOnlySpan<object> path)
    {
        foreach (var part in path)
        {
            node = part is int index ? ((List<object>)node)[index] : node.Names()[(string)part];
        }

        return node;
    }

    public static string TextAt(this object node, params ReadOnlySpan<object> path) => (string)node.At(path);

    public static List<object> ListAt(this object node, params ReadOnlySpan<object> path) =>
        (List<object>)node.At(path);

    public static IReadOnlyList<string> TextsAt(this object node, params ReadOnlySpan<object> path) =>
        [.. node.ListAt(path).Cast<string>()];

    public static Dictionary<string, object> Names(this object node) => (Dictionary<string, object>)node;

    private static object Plain(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.ToDictionary(
            static pair => ((YamlScalarNode)pair.Key).Value!, static pair => Plain(pair.Value)),
        YamlSequenceNode list => list.Children.Select(Plain).ToList(),
        _ => ((YamlScalarNode)node).Value ?? "",
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hydra.slnx")))
        {
            folder = folder.Parent ?? throw new FileNotFoundException("No folder above holds Hydra.slnx.");
        }

        return folder.FullName;
    }
}
