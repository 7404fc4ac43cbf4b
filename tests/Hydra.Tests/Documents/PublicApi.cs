using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Hydra.Tests.Documents;

/// <summary>What is public in a package, by the names that documentation has for it.</summary>
/// <remarks>Read from the file, since most packages are not referenced here. Overloads share a name.</remarks>
internal sealed class PublicApi
{
    private readonly HashSet<string> _types = [];
    private readonly HashSet<string> _members = [];

    private PublicApi()
    {
    }

    /// <summary>The public types: "Hydra.IWorkflow`2", "Hydra.Outer.Inner".</summary>
    public IReadOnlySet<string> Types => _types;

    /// <summary>Reads assemblies together.</summary>
    public static PublicApi Read(IEnumerable<string> files)
    {
        var api = new PublicApi();
        foreach (var file in files)
        {
            using var image = new PEReader(File.OpenRead(file));
            var metadata = image.GetMetadataReader();
            foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
            {
                api.Add(metadata, type);
            }
        }

        return api;
    }

    /// <summary>Whether what an id of documentation names is public: "T:Hydra.Failure".</summary>
    public bool Has(string id)
    {
        var name = id[2..].Split('(')[0].Split('~')[0];
        return id[0] switch
        {
            'T' => _types.Contains(name),
            _ => _members.Contains(WithoutArity(name)),
        };
    }

    private static string WithoutArity(string member)
    {
        var arity = member.LastIndexOf("``", StringComparison.Ordinal);
        return arity < 0 ? member : member[..arity];
    }

    private void Add(MetadataReader metadata, TypeDefinition type)
    {
        if (NameOf(metadata, type) is not { } name)
        {
            return;
        }

        _types.Add(name);
        foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
        {
            if ((method.Attributes & MethodAttributes.MemberAccessMask)
                is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem)
            {
                var own = metadata.GetString(method.Name);
                _members.Add($"{name}.{own.Replace('.', '#')}");
                _members.Add($"{name}.{own[(own.IndexOf('_', StringComparison.Ordinal) + 1)..]}"); // A property.
            }
        }

        foreach (var field in type.GetFields().Select(metadata.GetFieldDefinition))
        {
            if ((field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public)
            {
                _members.Add($"{name}.{metadata.GetString(field.Name)}");
            }
        }
    }

    /// <summary>Null for what is not public.</summary>
    private static string? NameOf(MetadataReader metadata, TypeDefinition type)
    {
        var name = metadata.GetString(type.Name);
        switch (type.Attributes & TypeAttributes.VisibilityMask)
        {
            case TypeAttributes.Public:
                return $"{metadata.GetString(type.Namespace)}.{name}";
            case TypeAttributes.NestedPublic:
                var outer = NameOf(metadata, metadata.GetTypeDefinition(type.GetDeclaringType()));
                return outer is null ? null : $"{outer}.{name}";
            default:
                return null;
        }
    }
}
