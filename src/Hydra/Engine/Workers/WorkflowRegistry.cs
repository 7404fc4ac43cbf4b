using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hydra.Engine.Workers;

/// <summary>The workflows that this engine knows, by all their names.</summary>
internal sealed class WorkflowRegistry
{
    private readonly Dictionary<string, WorkflowDefinition> _byName = [];

    private readonly Dictionary<string, WorkflowOptions> _options = [];
    private readonly WorkflowOptions _defaults;

    public WorkflowRegistry(IEnumerable<WorkflowDefinition> workflows, WorkflowOptions defaults)
    {
        _defaults = defaults;
        foreach (var workflow in workflows)
        {
            foreach (var name in workflow.Options.Aliases.Prepend(workflow.Name))
            {
                _byName.Add(name, workflow);
                _options.Add(name, workflow.Options.Over(defaults));
            }
        }

        Names = [.. _byName.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>All names, aliases included, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    public WorkflowDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Every name of the workflow that has this one; none when it is unknown here.</summary>
    public IReadOnlyList<string> NamesOf(string name) =>
        Find(name) is { } workflow ? [workflow.Name, .. workflow.Options.Aliases] : [];

    /// <summary>
    /// What holds for a workflow: its own options over the defaults, which alone hold for unknown ones.
    /// </summary>
    public WorkflowOptions OptionsOf(string name) => _options.GetValueOrDefault(name, _defaults);

    /// <summary>
    /// Names the build by the versions of the modules that hold the code and its payloads, of the program and of this
    /// library, and by what the application has added to JSON and payloads: another compilation, another build.
    /// </summary>
    public string ComputeBuild(JsonSerializerOptions json, IEnumerable<string> payloads)
    {
        var modules = _byName.Values.Select(workflow => workflow.Module)
            .Concat(_byName.Values.SelectMany(workflow => workflow.Types).SelectMany(Modules))
            .Append(typeof(WorkflowRegistry).Module.ModuleVersionId)
            .Append(Assembly.GetEntryAssembly()?.ManifestModule.ModuleVersionId ?? default)
            .Distinct()
            .Order()
            .SelectMany(module => module.ToByteArray());
        var converters = json.Converters.Select(converter => converter.GetType().FullName)
            .Append(json.PropertyNamingPolicy?.GetType().FullName)
            .Concat(payloads);
        var bytes = modules.Concat(Encoding.UTF8.GetBytes(string.Join(';', converters))).ToArray();
        return Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));
    }

    /// <summary>The modules of a type and of what it is made of, but for those of .NET itself.</summary>
    private static IEnumerable<Guid> Modules(Type type)
    {
        IEnumerable<Type> parts = type.HasElementType ? [type.GetElementType()!] : type.GetGenericArguments();
        var own = type.Assembly.GetName().Name is { } name
            && (name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Microsoft.", StringComparison.Ordinal));
        return parts.SelectMany(Modules).Concat(own ? [] : [type.Module.ModuleVersionId]);
    }
}
