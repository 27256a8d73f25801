import { Arg, Directive, Field, FieldResolver, Float, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";

// The subgraph that Apollo's suite asks for, after its products.graphql: decorated classes and references, as in src/features.

const LINK = `extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.3"
    import: [
      "@composeDirective"
      "@external"
      "@inaccessible"
      "@interfaceObject"
      "@key"
      "@override"
      "@provides"
      "@requires"
      "@shareable"
      "@tag"
    ]
  )
  @link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"])
  @composeDirective(name: "@custom")

directive @custom on OBJECT`;

@ObjectType()
class ProductVariation {
  @Field(() => ID)
  id!: string;
}

@Directive("@shareable")
@ObjectType({ simpleResolvers: true })
class ProductDimension {
  @Field(() => String, { nullable: true })
  size?: string;

  @Field(() => Float, { nullable: true })
  weight?: number;

  @Directive("@inaccessible")
  @Field(() => String, { nullable: true })
  unit?: string;
}

@ObjectType({ simpleResolvers: true })
class CaseStudy {
  @Field(() => ID)
  caseNumber!: string;

  @Field(() => String, { nullable: true })
  description?: string;
}

@Directive('@key(fields: "study { caseNumber }")')
@ObjectType({ simpleResolvers: true })
class ProductResearch {
  @Field(() => CaseStudy)
  study!: CaseStudy;

  @Field(() => String, { nullable: true })
  outcome?: string;
}

@Directive('@key(fields: "email")')
@ObjectType({ simpleResolvers: true })
class User {
  @Field(() => ID)
  email!: string;

  @Directive('@override(from: "users")')
  @Field(() => String, { nullable: true })
  name?: string;

  @Directive("@external")
  @Field(() => Int, { nullable: true })
  totalProductsCreated?: number;

  @Directive("@external")
  @Field(() => Int)
  yearsOfEmployment!: number;
}

@Directive('@key(fields: "sku package")')
@ObjectType({ simpleResolvers: true })
class DeprecatedProduct {
  @Field(() => String)
  sku!: string;

  @Field(() => String)
  package!: string;

  @Field(() => String, { nullable: true })
  reason?: string;

  @Field(() => User, { nullable: true })
  createdBy?: User;
}

@Directive("@custom")
@Directive('@key(fields: "id")')
@Directive('@key(fields: "sku package")')
@Directive('@key(fields: "sku variation { id }")')
@ObjectType({ simpleResolvers: true })
class Product {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  sku?: string;

  @Field(() => String, { nullable: true })
  package?: string;

  @Field(() => ProductVariation, { nullable: true })
  variation?: ProductVariation;

  @Field(() => ProductDimension, { nullable: true })
  dimensions?: ProductDimension;

  @Directive('@provides(fields: "totalProductsCreated")')
  @Field(() => User, { nullable: true })
  createdBy?: User;

  @Directive('@tag(name: "internal")')
  @Field(() => String, { nullable: true })
  notes?: string;

  @Field(() => [ProductResearch])
  research!: ProductResearch[];
}

@Directive("@interfaceObject")
@Directive('@key(fields: "id")')
@ObjectType()
class Inventory {
  @Field(() => ID)
  id!: string;
}

const author = { email: "support@apollographql.com", name: "Jane Smith", totalProductsCreated: 1337 };
const createdBy = author as User; // its years of employment are another subgraph's
const dimensions: ProductDimension = { size: "small", weight: 1, unit: "kg" };
const studies: ProductResearch[] = [
  { study: { caseNumber: "1234", description: "Federation Study" } },
  { study: { caseNumber: "1235", description: "Studio Study" } },
];
const products: Product[] = [
  {
    id: "apollo-federation",
    sku: "federation",
    package: "@apollo/federation",
    variation: { id: "OSS" },
    dimensions,
    createdBy,
    research: studies.slice(0, 1),
  },
  {
    id: "apollo-studio",
    sku: "studio",
    package: "",
    variation: { id: "platform" },
    dimensions,
    createdBy,
    research: studies.slice(1),
  },
];
const deprecated: DeprecatedProduct = {
  sku: "apollo-federation-v1",
  package: "@apollo/federation-v1",
  reason: "Migrate to Federation V2",
  createdBy,
};

@Resolver(() => Product)
class ProductResolver {
  @Query(() => Product, { nullable: true })
  product(@Arg("id", () => ID) id: string): Product | undefined {
    return products.find((product) => product.id === id);
  }

  @Query(() => DeprecatedProduct, { nullable: true, deprecationReason: "Use product query instead" })
  deprecatedProduct(
    @Arg("sku", () => String) sku: string,
    @Arg("package", () => String) name: string,
  ): DeprecatedProduct | null {
    return deprecated.sku === sku && deprecated.package === name ? deprecated : null;
  }
}

@Resolver(() => User)
class UserResolver {
  @Directive('@requires(fields: "totalProductsCreated yearsOfEmployment")')
  @FieldResolver(() => Int, { nullable: true })
  averageProductsCreatedPerYear(@Root() { totalProductsCreated = 0, yearsOfEmployment }: User): number {
    return Math.round(totalProductsCreated / yearsOfEmployment);
  }
}

@Resolver(() => Inventory)
class InventoryResolver {
  @FieldResolver(() => [DeprecatedProduct])
  deprecatedProducts(): DeprecatedProduct[] {
    return [deprecated];
  }
}

const productsFeature = {
  resolvers: [ProductResolver, UserResolver, InventoryResolver],
  orphanedTypes: [ProductResearch, Inventory],
  references: {
    Product: (key: Partial<Product>) =>
      products.find(({ id, sku, package: name, variation }) =>
        key.id !== undefined
          ? id === key.id
          : sku === key.sku && (name === key.package || (variation && variation.id === key.variation?.id)),
      ),
    DeprecatedProduct: ({ sku, package: name }: DeprecatedProduct) =>
      new ProductResolver().deprecatedProduct(sku, name),
    ProductResearch: ({ study }: ProductResearch) => studies.find((one) => one.study.caseNumber === study.caseNumber),
    User: (key: User) => ({ ...author, ...key, name: author.name }),
    Inventory: ({ id }: Inventory) => ({ id }),
  },
};

/** What our schema builder is given for it. */
export const productsParts = { features: [productsFeature], link: LINK };
